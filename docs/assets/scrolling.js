// Code and tables that are wider than their box can be scrolled by keyboard on every device. Where no pointer can hover, the theme
// takes all code out of the tab order when it starts: this comes after it.
const boxes = new ResizeObserver((entries) =>
  requestAnimationFrame(() => {
    for (const { target } of entries) if (target.scrollWidth > target.clientWidth) target.tabIndex = 0;
  })
);
document$.subscribe(() => {
  for (const box of document.querySelectorAll("pre > code, .md-typeset__scrollwrap")) boxes.observe(box);
});
