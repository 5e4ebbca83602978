// Paper cannot be opened: everything is, while it is printed.
let opened = [];
addEventListener("beforeprint", () => { opened = [...document.querySelectorAll("details:not([open])")]; opened.forEach((row) => { row.open = true; }); });
addEventListener("afterprint", () => opened.forEach((row) => { row.open = false; }));
const target = () => { const drill = document.getElementById(location.hash.slice(1)); if (drill?.tagName === "DETAILS") { drill.open = true; drill.scrollIntoView(); } };
addEventListener("hashchange", target); target();
