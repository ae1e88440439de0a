// uPlot (MIT): draws the figures. Its style sheet stands in ours (static/figures.css), since none is bundled.
export { default } from "uplot";
