// The chart of requests, brought to life: what is under the pointer is told, and dragging over a
// span of time zooms into it. Without this script the picture is whole, only still.
"use strict";
(() => {
  const svg = document.getElementById("latency");
  const data = JSON.parse(document.getElementById("latency-data").textContent);
  const { left, width, top, bottom } = data.box;
  const part = (id) => svg.querySelector("#latency-" + id);
  const tip = document.getElementById("latency-tip");
  const whole = document.getElementById("latency-whole");
  const kReachPx = 14, kDragPxMin = 8, kSpanMsMin = 5;
  let from = 0, to = data.until, pressed = null;

  const x = (at) => left + (width * (at - from)) / (to - from);
  const y = (ms) => {
    const share = Math.log10(Math.max(ms, data.low) / data.low) / Math.log10(data.high / data.low);
    return bottom - (bottom - top) * Math.min(1, share);
  };
  const when = (px) => from + ((to - from) * (px - left)) / width;
  const make = (name, attributes, parent) => {
    const out = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) out.setAttribute(key, value);
    return parent.appendChild(out);
  };

  const marks = { ok: (a, b) => `M${a} ${b}h0`,
                  failed: (a, b) => `M${a - 4} ${b - 4}l8 8m-8 0l8 -8` };
  function points(kind) {
    let out = "";
    data[kind].at.forEach((at, i) => {
      if (at < from || at > to) return;
      out += marks[kind](+x(at).toFixed(1), +y(data[kind].ms[i]).toFixed(1));
    });
    part(kind).setAttribute("d", out);
  }

  // Steps of 1, 2 or 5 times a power of ten, so that at most twelve fit.
  function ticks() {
    let step = 10 ** Math.floor(Math.log10((to - from) / 12));
    for (const times of [1, 2, 5, 10]) {
      if ((to - from) / (step * times) <= 12) { step *= times; break; }
    }
    const digits = Math.max(0, Math.ceil(-Math.log10(step / 1000)));
    part("ticks").replaceChildren();
    for (let at = Math.ceil(from / step) * step; at <= to; at += step) {
      make("line", { class: "tick", x1: x(at), x2: x(at), y1: top, y2: bottom }, part("ticks"));
      make("text", { x: x(at), y: bottom + 18, "text-anchor": "middle" }, part("ticks"))
        .textContent = (at / 1000).toFixed(digits) + " s";
    }
  }

  function bands() {
    for (const band of part("bands").querySelectorAll("rect")) {
      const a = Math.max(from, +band.dataset.from), b = Math.min(to, +band.dataset.to);
      band.style.display = b < a ? "none" : "";
      if (b < a) continue;
      band.setAttribute("x", x(a));
      band.setAttribute("width", Math.max(2, x(b) - x(a)));
    }
  }

  function show(begin, end) {
    [from, to] = [begin, end];
    points("ok");
    points("failed");
    ticks();
    bands();
    whole.hidden = from === 0 && to === data.until;
    leave();
  }

  // A place on the screen in the picture's own units.
  function place(event) {
    const at = new DOMPoint(event.clientX, event.clientY);
    return at.matrixTransform(svg.getScreenCTM().inverse());
  }

  function nearest(at) {
    let best = null, least = kReachPx ** 2;
    for (const kind of ["failed", "ok"]) {
      data[kind].at.forEach((time, i) => {
        if (time < from || time > to) return;
        const far = (x(time) - at.x) ** 2 + (y(data[kind].ms[i]) - at.y) ** 2;
        if (far < least) [best, least] = [{ kind, time, ms: data[kind].ms[i], path: data[kind].path[i] }, far];
      });
    }
    return best;
  }

  function tell(event) {
    const at = place(event);
    const found = nearest(at);
    const inside = at.x >= left && at.x <= left + width && at.y >= top && at.y <= bottom;
    tip.hidden = !inside;
    part("ring").style.display = found ? "" : "none";
    if (!inside) return;
    if (found) {
      part("ring").setAttribute("cx", x(found.time));
      part("ring").setAttribute("cy", y(found.ms));
    }
    tip.textContent = found
      ? `${data.paths[found.path]} at ${(found.time / 1000).toFixed(3)} s: ${found.ms} ms, ` +
        (found.kind === "ok" ? "answered" : "failed")
      : `${(when(at.x) / 1000).toFixed(3)} s`;
    const right = event.clientX > document.documentElement.clientWidth / 2;
    tip.style.left = right ? "" : event.clientX + 14 + "px";
    tip.style.right = right ? document.documentElement.clientWidth - event.clientX + 14 + "px" : "";
    tip.style.top = event.clientY + 14 + "px";
  }

  function leave() {
    tip.hidden = true;
    part("ring").style.display = part("span").style.display = "none";
    pressed = null;
  }

  function dragged(event) {
    const clamp = (px) => Math.min(left + width, Math.max(left, px));
    return [pressed, clamp(place(event).x)].sort((a, b) => a - b);
  }

  // A finger scrolls the page; only a mouse or a pen draws a span.
  svg.addEventListener("pointerdown", (event) => {
    const at = place(event).x;
    if (event.pointerType === "touch") return tell(event);
    if (event.button !== 0 || at < left || at > left + width) return;
    event.preventDefault();
    svg.setPointerCapture(event.pointerId);
    pressed = at;
  });
  svg.addEventListener("pointermove", (event) => {
    tell(event);
    if (pressed === null) return;
    const [a, b] = dragged(event);
    part("span").style.display = "";
    part("span").setAttribute("x", a);
    part("span").setAttribute("width", b - a);
  });
  svg.addEventListener("pointerup", (event) => {
    if (pressed === null) return;
    const [a, b] = dragged(event);
    const [begin, end] = [when(a), when(b)];
    leave();
    if (b - a >= kDragPxMin && end - begin >= kSpanMsMin) show(begin, end);
  });
  svg.addEventListener("pointerleave", leave);
  svg.addEventListener("pointercancel", leave);
  svg.addEventListener("dblclick", () => show(0, data.until));
  whole.addEventListener("click", () => show(0, data.until));
})();
