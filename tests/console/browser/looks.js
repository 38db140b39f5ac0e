// Walks what is shown and says what is wrong with its looks: text whose contrast is below 4.5
// (3 where it is large), and whatever reaches beyond the page's edges.
() => {
  const faults = [];
  const number = (text) => text.match(/[\d.]+/g).map(Number);

  function colour(text) {
    const paint = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    paint.fillStyle = text;
    paint.fillRect(0, 0, 1, 1);
    const [red, green, blue, alpha] = paint.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
  }

  const over = (top, under) => [0, 1, 2].map((at) => top[at] * top[3] + under[at] * (1 - top[3])).concat(1);

  function behind(element) {
    const layers = [];
    for (let node = element; node; node = node.parentElement) {
      const layer = colour(getComputedStyle(node).backgroundColor);
      if (layer[3] > 0) layers.push(layer);
      if (layer[3] === 1) break;
    }
    return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255, 1]);
  }

  function luminance(rgb) {
    const [red, green, blue] = rgb.slice(0, 3).map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  }

  function opacity(element) {
    let all = 1;
    for (let node = element; node; node = node.parentElement) all *= Number(getComputedStyle(node).opacity);
    return all;
  }

  let seen = 0;
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const words = texts.currentNode.textContent.trim();
    const element = texts.currentNode.parentElement;
    if (!words || !element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    if (element.closest(".visually-hidden, .skip, option, :disabled, [aria-busy=true]")) continue;
    const box = element.getBoundingClientRect();
    if (box.width < 2 || box.height < 2) continue;
    seen += 1;
    const style = getComputedStyle(element);
    const ground = behind(element);
    const ink = colour(element instanceof SVGElement ? style.fill : style.color);
    ink[3] *= opacity(element);
    const [light, dark] = [luminance(over(ink, ground)), luminance(ground)].sort((one, other) => other - one);
    const contrast = (light + 0.05) / (dark + 0.05);
    const size = number(style.fontSize)[0];
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (contrast < (isLarge ? 3 : 4.5)) faults.push(`contrast ${contrast.toFixed(2)} of “${words.slice(0, 40)}” (${element.tagName} ${element.className})`);
  }
  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth) {
    faults.push(`the page is ${root.scrollWidth} px wide where ${root.clientWidth} are there`);
    for (const element of document.querySelectorAll("body *")) {
      const box = element.getBoundingClientRect();
      if ((box.right > root.clientWidth + 1 || box.left < -1) && !element.closest(".scroll, .skip, .visually-hidden, .tabs")) faults.push(`beyond the edge: ${element.tagName} ${element.className} ${Math.round(box.left)}–${Math.round(box.right)}`);
    }
  }
  return { seen, faults: faults.slice(0, 12) };
}
