// uPlot (MIT): the figures' lines.
export { default } from "uplot";
