"use strict";
document.documentElement.classList.add("scripted");

// An element with such properties and children.
const made = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};
