// Says what is the matter where the page does not start: a browser that is too old for it, or a
// file that did not come. A classic script in the words of 2015, so that it runs where the others
// do not.
(function () {
  var PATIENCE = 8000; // milliseconds; a slow network takes its time

  function say(what) {
    if (document.documentElement.dataset.started) return;
    var status = document.getElementById("status");
    var refusal = document.getElementById("refusal");
    if (!status || !refusal) return;
    status.dataset.state = "waiting";
    status.firstElementChild.textContent = "Not started";
    refusal.textContent = "This page could not start: " + what +
      " Reload it. If that does not help, use a browser of 2023 or later.";
  }

  addEventListener("error", function (event) {
    var script = event.target;
    if (script && script.tagName === "SCRIPT") {
      addEventListener("load", function () { say("one of its files did not load."); });
    } else if (event.message) {
      say("the browser says “" + event.message + "”.");
    }
  }, true);
  setTimeout(function () { say("its scripts did not run."); }, PATIENCE);
})();
