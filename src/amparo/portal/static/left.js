// The page behind /exit, in its head: remembers for this tab that she left, so that Back shows nothing (exit.js). It says nothing of what was left.
'use strict';
try {
  sessionStorage.setItem('m', '');
} catch {
  // no storage: Back shows the first page then, and nothing of hers
}
// Where the operator named another page to go on to; without script the page's own `refresh` does it.
const onward = document.documentElement.dataset.onward;
if (onward) location.replace(onward);
