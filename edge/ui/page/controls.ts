// The camera controls: choice of the camera, who holds it, zoom.
import { cameras, type Mode } from "../lib/camera";
import type { SelenePass } from "../lib/selene";
import { texts } from "./language";
import { create, element } from "./view";

export class Controls {
  mode: Mode;
  /** The chosen camera; undefined for the default of the mode. */
  private deviceId: string | undefined;
  private readonly choice = element<HTMLSelectElement>("camera");
  private readonly zoom = element<HTMLInputElement>("zoom");

  /** `reopen` opens the camera again with the current choices. */
  constructor(
    mode: Mode,
    private readonly pass: SelenePass,
    reopen: () => void,
  ) {
    this.mode = mode;
    this.choice.addEventListener("change", () => {
      this.deviceId = this.choice.value;
      reopen();
    });
    for (const radio of element("mode").querySelectorAll<HTMLInputElement>("input")) {
      radio.checked = radio.value === mode;
      radio.addEventListener("change", () => {
        this.mode = radio.value as Mode;
        this.deviceId = undefined;
        reopen();
      });
    }
    navigator.mediaDevices?.addEventListener?.("devicechange", () => void this.refresh());
    this.zoom.addEventListener("input", () => {
      this.zoom.setAttribute("aria-valuetext", `${this.zoom.value}×`);
      void pass.zoom(Number(this.zoom.value));
    });
  }

  /** Constraints for the choice of the camera. */
  get constraints(): MediaTrackConstraints {
    return this.deviceId ? { deviceId: { exact: this.deviceId } } : {};
  }

  /** Returns to the default camera: the chosen one is gone. */
  forgetCamera(): void {
    this.deviceId = undefined;
  }

  /** Updates the controls for the open camera. */
  async refresh(): Promise<void> {
    const camera = this.pass.openedCamera;
    if (!camera) return;
    const { min, max, step } = camera.zoomRange;
    Object.assign(this.zoom, { min: String(min), max: String(max), step: String(step || "any") });
    const devices = await cameras();
    element("camera-row").hidden = devices.length < 2;
    const options = devices.map(({ deviceId, label }, i) => {
      const option = create("option", label || texts.setup.cameraNumber.replace("{number}", String(i + 1))) as HTMLOptionElement;
      option.value = deviceId;
      return option;
    });
    this.choice.replaceChildren(...options);
    this.choice.value = camera.deviceId;
  }
}
