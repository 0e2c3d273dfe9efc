"""One alternative estimate: the whole chain in memory with the choices of a variant (method section 16, R8, R12).

In: every file of the dataset, provinces/mrio.nc (used when the provincial step is that of the main estimate), and the
truth where it is known.  Out: variants/<name>/{headline,regions}.csv, and accuracy.csv where the truth is known.
"""

from citymrio.assessment.truth import accuracy
from citymrio.assessment.variants import city_table, headline
from citymrio.base.labels import read_dataset, write_table
from citymrio.chain import estimate
from citymrio.config.models import Config
from citymrio.dataset.dataset import DatasetFolder
from citymrio.nested import NestedMRIO
from citymrio.workflow.job import adapter, common_folder

with adapter(snakemake):
    files, out, params = snakemake.input, snakemake.output, snakemake.params
    config = Config.model_validate({**params.sections, "dataset": {"neighbours": params.neighbours}})
    dataset = DatasetFolder.read(common_folder(files.dataset))
    result = estimate(dataset, config, read_dataset(files.mrio) if params.same_provinces else None)
    regions = dataset.tables["regions"]
    write_table(headline(result.footprints, regions, result.nested.roles), out.headline)
    write_table(city_table(result.footprints, regions), out.regions)
    if files.truth:
        truth = NestedMRIO.from_dataset(read_dataset(files.truth))
        table = accuracy(
            truth, read_dataset(files.true_footprints), result.nested, result.footprints, regions, dataset.tables["sectors"]
        )
        write_table(table, out.accuracy)
