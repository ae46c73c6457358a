// The client library for pages that load it as a classic script.
import { LPMessageRenderer, LunaPass, PassError, SelenePass } from "./selene";

Object.assign(window, { LunaPass, LPMessageRenderer, SelenePass, PassError });
