"""What a figure shows, in a sentence for readers who do not see it; :func:`.style.say` adds the
numbers of the run to it.

Nothing heavy is imported: pages take the sentences from here (:func:`.registry.alt`). The
files of a figure hold them too: `Description` of a PNG, `Subject` of a PDF, the title of an SVG.
"""

#: Name of a figure -> the sentence.
ALT = {
    "fig1": "Two maps (bars in order without polygons) of the carbon footprints of cities, in "
    "total and per capita, and two charts of the footprint per capita by quintile of affluence "
    "and by industrial structure.",
    "fig2": "Two tables in colour, producing groups of cities by consuming quintile: shares of "
    "the carbon flows between "
    "cities, and value added per unit of emissions.",
    "fig3": "Two scatter plots of production-based against consumption-based emissions of "
    "cities on logarithmic axes: all "
    "cities, and the super-emitters with their names.",
    "fig4": "Bars of the carbon quota that light and deep mitigation in super-emitters set "
    "free, and of the savings "
    "beside the carbon deficits of lifting less affluent cities.",
    "figS1": "A map (bars in order without polygons) of the cities by quintile of affluence.",
    "figS2": "A map (bars in order without polygons) of the cities by industrial structure.",
    "figS3": "A diagram of the blocks of the nested multi-regional input-output table.",
    "figS4": "Dot plot of the carbon intensity of key sectors in super-emitters, with the "
    "national and the global mean of each.",
    "figS5": "Stacked bars of the quintiles' shares in population, GDP, carbon footprint and "
    "the footprint of capital formation.",
    "figS6": "Stacked bars of the number of cities by industrial structure in each quintile of "
    "affluence.",
    "figS7": "Stacked bars of the share of key sectors in the emissions of super-emitters, "
    "beside a table of their intensities.",
    "figS8": "Bars of the share of capital formation in the final demand of super-emitters and "
    "of megacities abroad.",
    "emissions_trends": "Lines of the printed emission totals of cities by year, a panel for "
    "each quintile, and a dot plot of "
    "the change to the last year.",
    "supply_chains": "Stacked bars of the production layers of super-emitters' footprints, and "
    "their three largest supply chains "
    "with bars of their shares.",
    "readings": "Dot plot of every reading of the paper's numbers as a ratio to the printed "
    "value, with its tolerance.",
    "known_table": "Three scatter plots of the run against a known table: trade of two regions, "
    "home shares and footprints.",
    "intervals": "Dots and intervals of footprints and production emissions, a line for each of "
    "the cities with the largest "
    "footprints.",
    "membership": "Stacked bars of the probability that a city is a super-emitter of each type, "
    "and in each quintile of "
    "affluence.",
    "intercity_share": "Bars with intervals of where the emissions embodied in the regions' "
    "demand arise.",
    "scenarios": "Bars with intervals of the saving of every scenario.",
    "value_of_data": "Bars of the expected fall of intervals by kind of data, and the cities "
    "whose footprint one datum helps "
    "most.",
    "validation": "Scatter plots of data that were left out against what the run predicts of "
    "them, and a histogram of their "
    "places in the draws.",
    "change_groups": "Bars of the change of footprints between two years by what drives it: all "
    "regions from year to year, and "
    "cities by quintile of affluence.",
    "change_cities": "Stacked bars of the change of footprints by what drives it, for the "
    "cities that rose and that fell most.",
    "compare_scatter": "Three scatter plots of cities in two tables: footprints, production "
    "emissions and home shares.",
    "compare_map": "A map (bars in order without polygons) of the difference between the "
    "footprints of cities in two tables.",
}
