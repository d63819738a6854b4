/* A perf.data file, whole: opened, and each record of it parsed and applied to a pipeline that opens no files. */
#include "collectors/perfdata.h"
#include "src/pipeline/pipeline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct pipeline_config config = {
		.event = { .name = "cpu-clock", .unit = EVENT_UNIT_NANOSECONDS },
		.interval_ns = 1e6, .labels = ~0U, .title = "[fuzz]", .root = "/nonexistent", .kallsyms = "/dev/null",
	};
	struct pipeline pipeline;
	struct perfdata pd;

	if (perfdata_open(&pd, data, n, NULL) < 0)
		return 0;
	config.regs_mask = pd.events.at[0].layout.regs_user;
	pipeline_init(&pipeline, &config);
	for (size_t i = 0; i < pd.records.n; i++)
		pipeline_feed(&pipeline, pd.bytes + pd.records.at[i].offset, pd.records.at[i].size,
			      &pd.events.at[pd.records.at[i].event].layout);
	pipeline_finish(&pipeline, NULL);
	pipeline_done(&pipeline);
	perfdata_close(&pd);
	return 0;
}
