"""The explorer: one page of a run that a person opens and looks around in, without a server and
without a network.

- `blocks`: how data travel in the page;
- `payload`: what of the run goes into it;
- `page`: the page from its parts in `data/` (HTML, CSS, JavaScript) and the blocks.

The design, part by part, is in docs/explorer.md.
"""
