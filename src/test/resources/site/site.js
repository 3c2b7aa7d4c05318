// What the pages do beyond showing: the list of sections is open where there is room beside the text, and the navigation
// shows where the reader is.
(() => {
  'use strict';
  const contents = document.querySelector('.contents');
  const roomy = matchMedia('(min-width: 1400px)');
  const arrange = () => { if (contents) contents.open = roomy.matches; };
  roomy.addEventListener('change', arrange);
  arrange();

  const here = document.querySelector('#site-tree [aria-current]');
  const tree = document.querySelector('#site-tree');
  if (here && here.offsetTop > tree.clientHeight - 40) {
    tree.scrollTop = here.offsetTop - tree.clientHeight / 2;
  }
})();
