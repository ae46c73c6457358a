// Every word of the admin page. Another language is another file beside this one, of the same shape, and a line in
// ../language.ts. What comes from the server (titles of settings, details of errors) is English.
import { codes } from "./en_codes";

const en = {
  brand: "Selene",
  admin: "Admin",
  unit: { seconds: "s", minutes: "min", days: "days" },
  nav: {
    label: "Sections", menu: "Menu", skip: "Skip to content",
    sessions: "Sessions", exports: "Exports", statistics: "Statistics", configs: "UI configs", settings: "Settings",
    workers: "Workers", users: "Users", groups: "Groups", tokens: "API tokens", audit: "Recent actions",
    nothing: "Nothing is open to you", nothingHint: "Your groups give no rights to any section. Ask an administrator to add you to a group.",
    notAllowed: "This section is not open to you", notAllowedHint: "It needs the right {right}, which none of your groups gives.",
    unknown: "There is no such page", home: "Go to the first section",
  },
  account: {
    menu: "Account", signedInAs: "Logged in as {name}", password: "Change password", logOut: "Log out",
    theme: "Theme", themes: { system: "System", light: "Light", dark: "Dark" }, language: "Language",
  },
  login: {
    title: "Log in", user: "User name", password: "Password", submit: "Log in", out: "You were logged out. Log in to go on.",
    hint: "The first start of an installation prints the first user's name and password.",
  },
  password: {
    title: "Change password", must: "Choose a password of your own before you go on.", old: "Present password", new: "New password",
    repeat: "New password again", hint: "At least 12 characters. A few words that only you would put together are easy to remember.",
    short: "At least 12 characters", differs: "This is not what you typed above", submit: "Change password", done: "Your password is changed. Your other log-ins have ended.",
  },
  common: {
    loading: "Loading…", again: "Try again", cancel: "Cancel", close: "Close", save: "Save", delete: "Delete", add: "Add", edit: "Edit", copy: "Copy", copied: "Copied",
    unreachable: "The server did not answer. Check the connection and try again.", none: "None", yes: "yes", no: "no", never: "never",
    older: "Older", newest: "Newest", filter: "Search", reset: "Clear", from: "From", until: "Until", actions: "Actions", details: "Details", search: "Search",
    leave: "Your changes are not saved. Leave without them?",
    stale: "What you see is older than this:",
  },
  sessions: {
    title: "Sessions", id: "Session", idHint: "How its id begins", opened: "Opened", outcome: "Outcome", anyOutcome: "Any", anyFail: "Any but success",
    code: "Code", anyCode: "Any", codes: "Codes", frames: "Frames", duration: "Duration", live: "live", empty: "No session matches.",
    emptyHint: "A session appears here when somebody opens the user page and starts a check.", more: "There may be more further back.",
  },
  session: {
    title: "Session", facts: "Facts", closed: "Closed", attempts: "Judged frames", livenessAttempts: "Liveness frames", settings: "Settings revision", edge: "Edge",
    reference: "Reference face", matched: "matched, {score}", notMatched: "not matched, {score}", actionsDone: "Actions done", camera: "Camera",
    framesTitle: "Frames", noFrames: "Its frames are not stored, or no longer.", frame: "Frame {n} of {all}", at: "{at} s after the first frame", previous: "Previous frame", next: "Next frame",
    play: "Play", pause: "Pause", position: "Frame", picture: "Frame {n}", box: "Face box", result: "Codes of this frame", passed: "No check failed",
    failure: "It could not be judged: {detail}", measured: "Measured", workers: "What workers said", worker: "Worker", pack: "Model pack", said: "Codes", pending: "needs more frames", ends: "ends the session: {outcome}", undecided: "No decision on this frame is stored.",
    chart: "Liveness and similarity over time", chartHint: "Dots at the bottom are frames with failed checks. Click to look at a frame.", liveness: "Liveness", similarity: "Same face as the frame before", firstSimilarity: "Same face as the first", seconds: "seconds",
    table: "The same as a table", noScores: "No frame was measured for liveness or similarity.", best: "best shot",
    video: "Video", videoStates: { in_queue: "The video waits to be made.", exporting: "The video is being made.", error: "The video could not be made: {reason}", canceled: "The video is not made." },
    noVideo: "There is no video. It is made when the session is over.", download: "Download",
    unplayable: "This browser does not play {codec}. Download the file, or export the session as H264.",
    decision: "Last decision", token: "Payload of its token", raw: "As stored", history: "What happened",
    events: { SESSION_OPENED: "Opened", SESSION_RESUMED: "Taken up again", SESSION_DISCONNECTED: "Connection lost", SESSION_CLOSED: "Closed", SESSION_ERASED: "Erased" } as Record<string, string>,
    recording: "Download recording", recordingHint: "Everything stored of the session as one signed file",
    erase: "Erase", eraseTitle: "Erase this session?", eraseText: "Frames, verdicts, decisions and video of this session are removed for good. Nobody can bring them back.", eraseYes: "Erase for good", erased: "The session was erased.",
    measures: {
      face_count: "Faces", ags: "General quality", liveness: "Liveness", deepfake: "Not a deepfake", image_modification: "Not edited", previous_face_similarity: "Same as before", first_face_similarity: "Same as first",
      blur: "Sharpness", light: "Not over-exposed", darkness: "Not too dark", illumination: "Even light", specularity: "No glare", virtual_camera: "Real camera",
      yaw: "Yaw", pitch: "Pitch", roll: "Roll", eyes: "Eyes", mouth: "Mouth", eyeglasses: "Glasses", action: "Action asked for", face: "Face, px", frame: "Frame, px",
    } as Record<string, string>,
  },
  rerun: {
    make: "Judge again…", title: "Judge this session again", text: "The workers that run now judge its frames once more. Nothing that is stored of the session changes.",
    by: "Settings", recorded: "Those it was judged by", current: "Those of new sessions", start: "Judge again",
    identical: "All {verdicts} verdicts are the same, byte for byte.", sameOutcome: "{n} of {verdicts} verdicts differ; the outcome is the same.", flipped: "The session would end otherwise.",
    frames: "{n} frames", frame: "Frame", before: "Then", after: "Now",
  },
  exports: {
    title: "Exports", make: "Export…", makeTitle: "Export the session", makeMany: "Export {n} sessions", choose: "Choose session {id}", chosen: "{n} chosen", start: "Start export", sessions: "Sessions", created: "Ordered", status: "Status", files: "Files", empty: "Nothing was exported yet.",
    emptyHint: "Open a session and choose Export.", cancel: "Cancel export", remove: "Remove", removeTitle: "Remove this export?", removeText: "Its files are deleted. The session stays.",
    states: { in_queue: "waiting", exporting: "under way", success: "done", error: "failed", canceled: "cancelled" }, progress: "Progress of the export",
    codec: "Codec", resolution: "Size", original: "As recorded", bitrate: "Bit rate, kbit/s", bitrateHint: "0 = by quality", frameRate: "Frames a second", frameRateHint: "0 = as they arrived",
    rotate: "Turn clockwise", flip: "Mirror", flips: { "": "No", horizontal: "Left and right", vertical: "Up and down" } as Record<string, string>, fragmented: "Fragmented MP4, which plays while it is fetched",
    drawn: "Draw into the picture", time: "Time", zone: "Time zone", sessionId: "Session id", box: "Face box", landmarks: "Landmarks", codes: "Codes", scores: "Scores", corner: "Corner",
    corners: ["Top left", "Top right", "Bottom left", "Bottom right"], name: "File name", nameHint: "{name}, {start} and {end} stand for the session and its times", webhook: "Tell this address when it is over", from: "From", to: "To", duration: "Seconds", durationHint: "instead of To", more: "More options",
  },
  configs: {
    title: "UI configs", lead: "How the user page looks and speaks. The page takes one by name: /?cn=NAME.", name: "Name", updated: "Changed", by: "By", empty: "There is no UI config yet.",
    add: "Add a config", nameHint: "Letters, digits, - and _", open: "Open the page", preview: "Preview", previewHint: "Changes show at once, before they are saved. Start the camera there to see the rest.", saved: "Saved. The page may take a minute to show it.",
    selected: "{n} selected", deleteMany: "Delete selected", deleteTitle: "Delete {n} UI configs?", deleteOne: "Delete {name}?", deleteText: "Pages that name it look as they come, without a config.", all: "Select all", select: "Select {name}",
    unsaved: "Not saved yet", missing: "There is no config of that name yet: saving makes it.",
    groups: { behaviour: "Behaviour", texts: "Texts", messages: "Words for codes", look: "Look", camera: "Camera and pictures" },
    fields: {
      redirect_url: "Go here after a success", mode: "Who holds the camera", request_interval: "Milliseconds between pictures at least", front_detector: "Look for a face before sending", parent_origins: "Sites that may embed the page", success_message: "After a success", start_button_text: "Start button", mode_tooltip: "About who holds the camera", camera_not_attached_text: "No camera",
      "image.width": "Picture width, px", "image.height": "Picture height, px", "image.mimetype": "Kind of picture", "image.quality": "JPEG quality, 0.1 to 1", "video.width": "Camera width, px", "video.height": "Camera height, px",
    } as Record<string, string>,
    hints: { redirect_url: "https://… or a path; {session} stands for the id", parent_origins: "One a line, such as https://shop.example" } as Record<string, string>,
    modes: { "": "The person chooses", selfie: "The person", operator: "Somebody else" } as Record<string, string>, unset: "As it comes",
    colors: "Colours", darkColors: "Colours on dark screens", sizes: "Sizes, px",
    colorNames: { page: "Page", surface: "Card", line: "Lines", text: "Text", soft_text: "Soft text", accent: "Accent", accent_strong: "Accent, pressed", on_accent: "On accent", good: "Good", good_soft: "Good, soft", bad: "Bad", bad_soft: "Bad, soft" } as Record<string, string>,
    sizeNames: { text: "Text", prompt: "Prompt", radius: "Card corners", button_radius: "Button corners", button_height: "Button height" } as Record<string, string>,
    setColor: "Set {name}", clear: "Clear {name}", message: "Code {code}", addMessage: "Add words for a code",
  },
  settings: {
    title: "Settings", lead: "How sessions are judged. New sessions follow a new revision at once; running ones keep theirs.", form: "Form", revisions: "Revisions", variants: "Variants",
    variant: "Document", main: "Main document", find: "Find a setting", nothingFound: "No setting matches.", revision: "Revision {n}", default: "Default: {value}", toDefault: "Back to default", off: "off",
    changes: "{n} changes not saved", change: "1 change not saved", note: "Why", noteHint: "Shown in the revisions", save: "Save as a new revision", discard: "Discard", saved: "Saved as revision {n}.", refused: "Not saved. {detail}",
    changed: "Somebody saved another revision in the meantime. Reload to see it; your changes are lost then.", reload: "Reload", dump: "Download as JSON", apply: "Load a file…", applied: "{name} is loaded into the form. Look at the changes, then save.", notJSON: "{name} is not a JSON object.",
    addWorker: "Add a worker", removeRow: "Remove {name}", oneALine: "one a line", restored: "Revision {n} is the newest one again, as revision {as}.",
    when: "When", who: "Who", start: "at the start", what: "What changed", unknown: "not known any more", nothing: "nothing", restore: "Restore", restoreTitle: "Restore revision {n}?", restoreText: "A new revision equal to it is made. New sessions follow it at once.", newest: "in force", show: "Show",
    variantsLead: "A variant is a document of its own under a tag. An edge picks one by SELENE_SETTINGS_VARIANT, a session by settings_variant when it is made.", tag: "Tag", tagHint: "Letters, digits, - and _", makeVariant: "Make a variant", makeVariantHint: "It begins as a copy of what is open now.", deleteVariant: "Delete variant {tag}?", deleteVariantText: "Sessions that run by it go on. Edges that pick it will not start.", open: "Open",
    readOnly: "You may read settings, not change them.",
    errors: { required: "Must not be empty", number: "Must be a number", integer: "Must be a whole number", range: "Must be from {min} to {max}", not: "Must not be {value}", pattern: "Does not have the form that is wanted", unique: "Each once" },
  },
  workers: {
    title: "Workers", lead: "What judges and records frames, as seen now. Counts are of the queue that all processes of a worker share.", name: "Worker", state: "State", running: "Processes", version: "Version", pack: "Model pack", pending: "Waiting", inFlight: "In work", redelivered: "Again", rate: "Per second",
    required: "required", up: "running", missing: "missing", idle: "not running", updated: "Asked again every 3 seconds", problem: "Not running, but sessions need it: {names}.", lag: "behind",
  },
  users: {
    title: "Users", name: "User name", groups: "Groups", created: "Added", lastLogin: "Last log-in", state: "State", active: "active", disabled: "disabled", mustChange: "has to change the password", you: "you", add: "Add a user", addTitle: "Add a user", nameHint: "Small letters, digits and . _ @ + -",
    edit: "Edit", editTitle: "Groups of {name}", disable: "Disabled: cannot log in, and is logged out", newPassword: "New password", newPasswordTitle: "Draw a new password for {name}?", newPasswordText: "The present one stops working and all log-ins of {name} end.", draw: "Draw a password", deleteTitle: "Delete {name}?", deleteText: "The log-ins and tokens of {name} end.",
    secretTitle: "Password of {name}", secret: "Tell {name} this password. It is shown this once, and has to be changed at log in.",
  },
  groups: {
    title: "Groups", lead: "A group gives its users rights, section by section.", add: "Add a group", name: "Name", rights: "Rights", members: "Users", all: "Every right. This group cannot be changed.", editTitle: "Rights of {name}", addTitle: "Add a group", deleteTitle: "Delete the group {name}?", deleteText: "It must have no users.", read: "See", write: "Change", section: "Section",
    sections: { sessions: "Sessions", settings: "Settings", "ui-configs": "UI configs", exports: "Exports", stats: "Statistics", events: "Events", workers: "Workers", users: "Users and groups", tokens: "API tokens", audit: "Recent actions" } as Record<string, string>,
  },
  tokens: {
    title: "API tokens", lead: "For programs that call the REST interface. A token can do no more than its user can.", add: "Make a token", addTitle: "Make a token", name: "Name", nameHint: "What it is for", scopes: "Rights", expires: "Expires", expiresHint: "Empty = never", created: "Made", by: "By", lastUsed: "Last used", empty: "There is no token.", end: "End", endTitle: "End the token {name}?", endText: "Programs that use it are refused from now on.",
    secretTitle: "Your new token", secret: "Copy it now. It is shown this once and cannot be read again.", expired: "expired",
  },
  audit: {
    title: "Recent actions", lead: "Who changed what. Entries cannot be changed or removed.", at: "When", user: "Who", action: "Action", object: "What", detail: "Details", address: "From", empty: "No entry matches.", nobody: "nobody", actionHint: "Such as sessions, or sessions.erase",
  },
  outcomes: {
    open: "open", success: "success", fail: "failed", attempts_exceeded: "too many attempts", liveness_attempts_exceeded: "not live",
    different_face: "different face", fake: "fake", timeout: "timed out",
  } as Record<string, string>,
  codes,
};

export type Texts = typeof en;
export default en;
