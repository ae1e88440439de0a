// htmx (0BSD): parts of the console's pages in place of whole ones.
import "htmx.org";
