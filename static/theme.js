// Bootstrap's colours go by data-bs-theme; this lets the system choose it. Loaded in <head> without
// `defer`, so that a dark room is never flashed with a white page.
{
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    document.documentElement.dataset.bsTheme = dark.matches ? "dark" : "light";
  };
  apply();
  dark.addEventListener("change", apply);
}
