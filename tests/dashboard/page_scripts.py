"""What the tests run in a page: reads the accessibility tree and the veil, watches, counts sockets."""

READ = """() => [...document.querySelectorAll("flutter-view:not([aria-hidden]) flt-semantics")].map(node => {
    const own = [...node.childNodes].filter(
        c => c.nodeType === Node.TEXT_NODE || /^(SPAN|H[1-6])$/.test(c.tagName));
    const box = node.getBoundingClientRect();
    return {
        text: [node.getAttribute("aria-label") ?? "", ...own.map(c => c.textContent)].join(" ").trim(),
        role: node.getAttribute("role") ?? "",
        on: node.getAttribute("aria-checked") === "true",
        selected: [node.getAttribute("aria-selected"), node.getAttribute("aria-current")].includes("true"),
        x: box.x, y: box.y, width: box.width, height: box.height,
    };
}).filter(node => node.text || node.role)"""

VEIL = """() => {
    const veil = document.getElementById("veil");
    return [veil.dataset.shows, veil.innerText.trim()];
}"""

WATCH = """wanted => { globalThis.seenAt = new Promise(resolve => {
    const there = () => [...document.querySelectorAll("flt-semantics")].some(
        node => node.textContent.includes(wanted) || node.ariaLabel?.includes(wanted));
    const observer = new MutationObserver(() => {
        if (there()) { observer.disconnect(); resolve(Date.now()); }
    });
    observer.observe(document.body, {subtree: true, childList: true, characterData: true, attributes: true});
}); return null; }"""

KEEP_SOCKETS = """globalThis.sockets = [];
globalThis.WebSocket = class extends WebSocket {
    constructor(...args) { super(...args); globalThis.sockets.push(this); }
};"""
