// Paper cannot be opened: every drill is, while it is printed.
let opened = [];
addEventListener("beforeprint", () => { opened = [...document.querySelectorAll("details.drill:not([open])")]; opened.forEach((drill) => { drill.open = true; }); });
addEventListener("afterprint", () => opened.forEach((drill) => { drill.open = false; }));
const target = () => { const drill = document.getElementById(location.hash.slice(1)); if (drill?.tagName === "DETAILS") { drill.open = true; drill.scrollIntoView(); } };
addEventListener("hashchange", target); target();
