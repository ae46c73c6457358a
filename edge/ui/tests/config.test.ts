import { test } from "node:test";
import assert from "node:assert/strict";
import { isOrigin, readConfig } from "../lib/config";

test("a complete config is read unchanged", () => {
  const config = {
    name: "Northbank",
    redirect_url: "https://shop.example/done?s={session}",
    image: { width: 640, height: 480, mimetype: "image/png", quality: 0.8 },
    video: { width: 1280, height: 720 },
    mode: "operator",
    error_messages: { "12": "Nearer" },
    success_message: "Done",
    start_button_text: "Go",
    mode_tooltip: "Who",
    camera_not_attached_text: "No camera",
    request_interval: 200,
    front_detector: false,
    parent_origins: ["https://shop.example"],
    styles: { colors: { accent: "#0f766e" }, dark_colors: { accent: "#5eead4" }, sizes: { radius: 8 } },
  };
  assert.deepEqual(readConfig(config), { config, problems: [] });
});

test("empty values are left out and unknown keys ignored", () => {
  assert.deepEqual(
    readConfig({
      name: "",
      mode: null,
      unknown: { deep: 1 },
      styles: { colors: { unknown: "red" }, css: "body{}" },
      error_messages: { "999": "x" },
    }),
    {
      config: { styles: { colors: {} }, error_messages: {} },
      problems: [],
    },
  );
});

test("invalid values are left out and reported", () => {
  const { config, problems } = readConfig({
    name: 5,
    redirect_url: "javascript:alert(1)",
    mode: "mirrored",
    image: { width: -1, mimetype: "image/gif", quality: 0.5 },
    request_interval: "fast",
    error_messages: { "3": 7, "4": "Less light", "1100": "Hat off" },
    styles: { colors: { accent: "url(//evil)" }, sizes: { radius: 1e9 } },
    parent_origins: ["*", "https://shop.example", "https://shop.example/x"],
    front_detector: "yes",
  });
  assert.deepEqual(config, {
    image: { quality: 0.5 },
    error_messages: { "4": "Less light", "1100": "Hat off" },
    styles: { colors: {}, sizes: {} },
    parent_origins: ["https://shop.example"],
  });
  assert.equal(problems.length, 12);
  assert.ok(problems.includes('mode: must be "selfie" or "operator", not "mirrored"'));
  assert.ok(problems.includes('styles.colors.accent: must be a colour such as #rrggbb, not "url(//evil)"'));
  for (const redirect of ["//evil.example", "data:text/html,x", "/\\evil.example", " https://x", "relative"]) {
    assert.equal(readConfig({ redirect_url: redirect }).config.redirect_url, undefined, redirect);
  }
  assert.equal(readConfig({ redirect_url: "/done" }).config.redirect_url, "/done");
});

test("anything but an object is an empty config", () => {
  for (const value of [null, undefined, 5, "x", [1]]) assert.deepEqual(readConfig(value).config, {});
});

test("an origin has only scheme, host and port", () => {
  assert.ok(isOrigin("https://shop.example:8443"));
  for (const value of ["shop.example", "https://shop.example/", "ftp://x", "null", "*", 5]) assert.ok(!isOrigin(value), String(value));
});
