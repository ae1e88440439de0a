// htmx (0BSD): takes parts of pages from the server and puts them in. Set up in static/parts.js before it looks at the page.
export { default } from "htmx.org";
