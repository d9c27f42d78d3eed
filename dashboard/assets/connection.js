// What a browser shows while nobody answers it: the veil of index.html, above all that Flet's client draws.
// It lies there while the page opens, when the connection is lost, and when the dashboard lets nobody in. It
// goes when the first screen has come. Nothing is asked for but the socket that Flet's client wants anyway.
"use strict";
(() => {
  const PAUSE = 1_000, LONGEST_PAUSE = 5_000; // between two tries, in milliseconds, give or take a quarter
  const LONGEST_COMING = 3_000; // from the first message until the screen is shown, whole or not
  const LONGEST_PAINT = 700; // from the last message until the screen is shown, painted or not
  const PAINTED = 100; // from the next picture of Flutter's until that of the last message is there
  const LOOK = 2_000; // between two looks at whether anything has come
  const ASK_AFTER = 4, SILENT_AFTER = 6, GIVE_UP_AFTER = 20; // looks in a row that found nothing
  const TRY_AGAIN_LATER = 1013, NO_END = 1006;
  // What dashboard/admission.py knows too: that this page is told more than Flet's client is, and that the
  // first screen is whole.
  // Sent by us, it asks whether anybody is there, and comes back.
  // A longer message that begins so is a note: what the person wishes, to be kept, or the address of what he sees.
  const TOLD = "told=1", WHOLE = 2;
  const WISH = "fleetglass.wish";
  const TEXTS = {
    en: {
      lost: (title, at) => `Connection to ${title} lost at ${at}. It comes back by itself.`,
      none: (title, at) => `No connection to ${title} since ${at}. It comes by itself.`,
      silent: (title, at) =>
        `${title} has not answered since ${at}. What you see is from then. It goes on by itself.`,
      again: "It tries again by itself.",
    },
    zh: {
      lost: (title, at) => `${at} 与 ${title} 的连接中断，将自动恢复。`,
      none: (title, at) => `自 ${at} 起无法连接 ${title}，将自动重试。`,
      silent: (title, at) => `${title} 自 ${at} 起没有响应，当前显示的是此前的内容，将自动恢复。`,
      again: "将自动重试。",
    },
  };
  const title = document.title;
  const part = id => document.getElementById(id);

  // Flet's client must not ask a content delivery network for an animation library. The policy of the page
  // would stop that too, but not silently.
  const source = Object.getOwnPropertyDescriptor(HTMLScriptElement.prototype, "src");
  Object.defineProperty(HTMLScriptElement.prototype, "src", {...source, set(url) {
    if (new URL(url, document.baseURI).origin === location.origin) source.set.call(this, url);
  }});

  // What this person wishes (dashboard/wishes.py) --------------------------------------------------------------

  function wish() {
    try {
      return JSON.parse(localStorage.getItem(WISH)) ?? {};
    } catch {
      return {}; // no storage here, or not ours
    }
  }

  function wished() {
    document.documentElement.lang = language(); // for who has the page read out
    const {theme} = wish();
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
  }
  wished();

  function language() {
    const wanted = [wish().language, ...navigator.languages].map(name => name?.slice(0, 2).toLowerCase());
    return wanted.find(name => name in TEXTS) ?? "en";
  }

  // What the server is told when a socket opens: what is kept, and what only the browser knows.
  function told() {
    const said = {...wish(), languages: [...navigator.languages].slice(0, 10),
      here: Intl.DateTimeFormat().resolvedOptions().timeZone};
    return `${TOLD}&wish=${encodeURIComponent(JSON.stringify(said))}`;
  }

  function noted({wish, route}) {
    if (wish) {
      try {
        localStorage.setItem(WISH, JSON.stringify(wish));
      } catch {
        // It holds until this page is closed.
      }
      wished();
    }
    // Flutter keeps its own state beside the address.
    if (route) history.replaceState(history.state, "", route);
  }

  // A page that comes back as it was left has a dead socket, and on some browsers a frozen picture.
  addEventListener("pageshow", event => { if (event.persisted) location.reload(); });

  // The wheel with Ctrl, and two fingers on a trackpad, which a browser reports in the same way: Flet tells of
  // neither, but of a scroll to the side by less than any hand does. See dashboard/pointing.py.
  const NOTCH = 40, SIGN = 1 / 1024;
  let turned = 0;
  addEventListener("wheel", event => {
    if (!event.ctrlKey || !event.isTrusted) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    turned += event.deltaY * (event.deltaMode === WheelEvent.DOM_DELTA_LINE ? NOTCH : 1);
    if (Math.abs(turned) < NOTCH) return;
    const {clientX, clientY} = event;
    event.target.dispatchEvent(new WheelEvent("wheel", {bubbles: true, cancelable: true, composed: true,
      clientX, clientY, deltaX: turned < 0 ? SIGN : -SIGN}));
    turned = 0;
  }, {capture: true, passive: false});

  // The veil ------------------------------------------------------------------------------------------------

  let shows = "nothing";
  let coming = null; // what will take the veil away

  function show(state, bar, words) {
    coming = null;
    shows = part("veil").dataset.shows = state;
    coverView();
    part("bar").textContent = bar;
    part("words").replaceChildren(...words.map(text => {
      const line = document.createElement("div");
      line.textContent = text;
      return line;
    }));
    part("middle").hidden = !part("last").hidden;
  }

  // Flutter adds its view to the page, which must not be read out meanwhile, or reached by the keyboard.
  function coverView() {
    const covered = shows !== "nothing";
    for (const view of document.querySelectorAll("flutter-view, flt-announcement-host")) {
      view.inert = covered;
      if (covered) view.setAttribute("aria-hidden", "true"); else view.removeAttribute("aria-hidden");
    }
  }
  new MutationObserver(coverView).observe(document.body, {childList: true});

  function clock(moment) {
    return moment.toLocaleTimeString("en-GB", {hour: "2-digit", minute: "2-digit"});
  }

  function lost() {
    coming = null;
    if (shows === "lost" || shows === "silent") return;
    const at = clock(new Date());
    if (shows === "nothing") {
      keepPicture();
      show("lost", TEXTS[language()].lost(title, at), []);
    } else {
      show("lost", TEXTS[language()].none(title, at), []);
    }
  }

  // The socket is open, and nothing comes: the server hangs, or is no longer there and could not say so.
  function silent(since) {
    if (shows !== "nothing") return;
    keepPicture();
    show("silent", TEXTS[language()].silent(title, clock(since)), []);
  }

  function refused(reason) {
    const words = [title, ...reason.split("\n"), TEXTS[language()].again];
    if (shows === "refused" && part("words").innerText === words.join("\n")) return;
    part("last").hidden = true;
    show("refused", "", words);
  }

  // All of the first screen has come, or after the pause will come no more: the veil goes when it is painted.
  async function came(pause) {
    if (shows === "nothing") return;
    const mine = coming = {};
    const after = time => new Promise(resolve => { setTimeout(resolve, time); });
    await after(pause);
    await Promise.race([new Promise(resolve => { painted = resolve; }), after(LONGEST_PAINT)]);
    await after(PAINTED);
    if (coming === mine) lift();
  }

  // Flutter paints in a worker, and hands each picture over by this call; where it does not, time must do.
  let painted = () => {};
  const screen = globalThis.ImageBitmapRenderingContext?.prototype;
  const handOver = screen?.transferFromImageBitmap;
  if (handOver) {
    screen.transferFromImageBitmap = function (picture) {
      handOver.call(this, picture);
      painted();
    };
  }

  function lift() {
    part("last").hidden = true;
    show("nothing", "", []);
  }

  // What is on the screen, as far as this browser lets it be copied; else the veil's ground stays.
  function keepPicture() {
    const last = part("last"), ratio = devicePixelRatio;
    last.width = innerWidth * ratio;
    last.height = innerHeight * ratio;
    const paper = last.getContext("2d");
    try {
      for (const canvas of canvasesIn(document)) {
        const box = canvas.getBoundingClientRect();
        if (canvas !== last && box.width && canvas.width) {
          paper.drawImage(canvas, box.x * ratio, box.y * ratio, box.width * ratio, box.height * ratio);
        }
      }
      last.hidden = false;
    } catch {
      last.hidden = true;
    }
  }

  function canvasesIn(root) {
    return [...root.querySelectorAll("*")].flatMap(
      node => node.tagName === "CANVAS" ? [node] : node.shadowRoot ? canvasesIn(node.shadowRoot) : []);
  }

  // The socket ----------------------------------------------------------------------------------------------

  const Plain = globalThis.WebSocket;
  let latest = null;
  addEventListener("online", () => latest?.hurry());
  document.addEventListener("visibilitychange", () => { if (!document.hidden) latest?.hurry(); });

  // A WebSocket that is open as soon as the server has been reached, and that from then until the server's
  // first message tries again by itself as often as it takes; what was said is then said again. Flet's own
  // client doubles its pause with each try, for ever, and draws a page of its own meanwhile.
  class PatientSocket extends EventTarget {
    static CONNECTING = 0;
    static OPEN = 1;
    static CLOSING = 2;
    static CLOSED = 3;
    // Flet's client stumbles, without a sign, if one of these is not there.
    protocol = "";
    extensions = "";
    bufferedAmount = 0;
    binaryType = "arraybuffer";
    readyState = PatientSocket.CONNECTING;
    #said = [];
    #tries = 0;
    #again = 0;
    #heardAt = new Date();
    #quiet = 0;
    #looks;
    #socket;

    constructor(url) {
      super();
      this.url = String(url);
      this.#looks = setInterval(() => this.#look(), LOOK);
      this.#dial();
      latest = this;
    }

    // Not to wait for the next try, if it is waited for.
    hurry() {
      if (this.#again) this.#dial();
    }

    send(data) {
      if (this.#said) this.#said.push(typeof data === "string" ? data : data.slice());
      if (this.#socket.readyState === PatientSocket.OPEN) this.#socket.send(data);
    }

    close(...why) {
      clearTimeout(this.#again);
      this.#again = 0;
      if (this.readyState !== PatientSocket.CLOSED) this.readyState = PatientSocket.CLOSING;
      this.#said = null;
      this.#socket.close(...why);
    }

    // Counted in looks and not in seconds: a laptop that wakes up has waited long, and not for the server.
    #look() {
      if (this.#said || document.hidden || this.readyState !== PatientSocket.OPEN) return;
      this.#quiet += 1;
      if (this.#quiet === ASK_AFTER) this.#socket.send(new Uint8Array([WHOLE]));
      if (this.#quiet === SILENT_AFTER) silent(this.#heardAt);
      if (this.#quiet < GIVE_UP_AFTER) return;
      // It would take minutes until the network gives it up.
      const socket = this.#socket;
      this.#ended({code: NO_END, reason: "", wasClean: false});
      socket.close();
    }

    #dial() {
      clearTimeout(this.#again);
      this.#again = 0;
      const socket = this.#socket = new Plain(`${this.url}${this.url.includes("?") ? "&" : "?"}${told()}`);
      socket.binaryType = this.binaryType;
      socket.addEventListener("open", () => this.#opened());
      socket.addEventListener("message", event => this.#heard(event.data));
      socket.addEventListener("close", event => this.#ended(event));
    }

    #opened() {
      if (this.readyState === PatientSocket.CONNECTING) {
        this.readyState = PatientSocket.OPEN;
        this.dispatchEvent(new Event("open"));
      } else {
        this.#said?.forEach(data => this.#socket.send(data));
      }
    }

    #heard(data) {
      if (this.readyState === PatientSocket.CLOSED) return;
      this.#heardAt = new Date();
      this.#quiet = 0;
      if (shows === "silent") came(0);
      if (this.#said) {
        this.#said = null;
        came(LONGEST_COMING);
      }
      if (new Uint8Array(data, 0, 1)[0] === WHOLE) {
        if (data.byteLength === 1) came(0);
        else noted(JSON.parse(new TextDecoder().decode(new Uint8Array(data, 1))));
        return;
      }
      this.dispatchEvent(new MessageEvent("message", {data}));
    }

    #ended({code, reason, wasClean}) {
      if (this.readyState === PatientSocket.CLOSED) return;
      if (this.#said) {
        const refusal = code === TRY_AGAIN_LATER && reason;
        if (refusal) refused(reason); else lost();
        const pause = refusal ? LONGEST_PAUSE : Math.min(LONGEST_PAUSE, PAUSE * 2 ** this.#tries);
        this.#tries += 1;
        this.#again = setTimeout(() => this.#dial(), pause * (0.75 + Math.random() / 2));
        return;
      }
      clearInterval(this.#looks);
      this.readyState = PatientSocket.CLOSED;
      lost();
      this.dispatchEvent(new CloseEvent("close", {code, reason, wasClean}));
    }
  }

  globalThis.WebSocket = PatientSocket;
  show("opening", "", []);
})();
