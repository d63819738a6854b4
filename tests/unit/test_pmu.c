/* PMUs as sysfs describes them, on made-up machines: sound ones and damaged ones. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "collectors/pmu.h"
#include "tests/unit/machines.h"

static struct pmus pmus;
static char *root;

static int make(void **state)
{
	(void)state;
	root = made_machine(MADE_ALL);
	pmus = (struct pmus){ .root = root };
	return 0;
}

static int clean(void **state)
{
	(void)state;
	pmus_done(&pmus);
	made_machine_remove(root);
	return 0;
}

static struct pmu *find(const char *name)
{
	struct pmu *pmu = pmus_find(&pmus, name);

	assert_non_null(pmu);
	return pmu;
}

static void a_pmu_has_its_number_and_cpus(void **state)
{
	struct pmu *imc = find("uncore_imc_0"), *core = find("cpu_core"), *msr = find("msr");

	(void)state;
	assert_int_equal(pmu_load(imc, NULL), 0);
	assert_int_equal(imc->type, 20);
	assert_true(imc->is_bound && !imc->is_core);
	assert_int_equal(imc->cpus.n, 2);
	assert_int_equal(imc->cpus.at[1], 18);
	assert_int_equal(pmu_load(core, NULL), 0);
	assert_true(core->is_bound && core->is_core);
	assert_int_equal(core->cpus.n, 4);
	assert_int_equal(pmu_load(msr, NULL), 0);
	assert_false(msr->is_bound || msr->is_core);
	assert_ptr_equal(pmus_find_type(&pmus, 23), find("power"));
	assert_null(pmus_find_type(&pmus, 77));
}

static void damaged_files_are_told_by_name(void **state)
{
	static const char *const names[] = { "typeless", "wordy", "huge", "nowhere" };
	static const char *const files[] = { "typeless/type", "wordy/type", "huge/type", "nowhere/cpumask" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct error err = ERROR_INIT;

		assert_true(pmu_load(find(names[i]), &err) < 0);
		assert_non_null(strstr(err.text, files[i]));
	}
}

static void a_value_is_split_over_the_ranges_of_its_field(void **state)
{
	uint64_t words[PMU_WORDS] = { 0, UINT64_MAX, 0 };
	struct pmu_format format;

	(void)state;
	assert_int_equal(pmu_format(find("cpu"), "split", &format, NULL), 0);
	assert_int_equal(format.word, 1);
	assert_int_equal(pmu_format_max(&format), 0x7f);
	pmu_format_put(&format, 0x41, words); /* the lowest bit and the highest */
	assert_true(words[1] == (UINT64_MAX & ~(UINT64_C(0x1f) << 6)));
	assert_true(words[0] == 0 && words[2] == 0);
}

static void a_field_of_64_bits_takes_them_all(void **state)
{
	uint64_t words[PMU_WORDS] = { 0 };
	struct pmu_format format;

	(void)state;
	assert_int_equal(pmu_format(find("cpu"), "whole", &format, NULL), 0);
	assert_true(pmu_format_max(&format) == UINT64_MAX);
	pmu_format_put(&format, UINT64_C(0x8000000000000001), words);
	assert_true(words[2] == UINT64_C(0x8000000000000001));
}

static void formats_that_make_no_sense_are_refused(void **state)
{
	static const char *const names[] = { "backwards", "beyond", "elsewhere", "endless", "empty", "large" };
	struct pmu_format format = { .word = 42 };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct error err = ERROR_INIT;

		assert_int_equal(pmu_format(find("odd"), names[i], &format, &err), -EINVAL);
		assert_non_null(strstr(err.text, names[i]));
	}
	assert_int_equal(format.word, 42);
}

static void a_format_is_a_word_and_ranges_of_bits(void **state)
{
	static const char *const wrong[] = {
		"", "config", "config:", "config:,1", "config:1,", "config: 1", "config:-1", "config:1--2",
		"config:99999999999999999999", "configx:1", ":1", "config:0x1", "config1;0-7",
	};
	struct pmu_format format;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_false(pmu_format_parse(wrong[i], &format));
	assert_true(pmu_format_parse("config:0-7,32-35", &format));
	assert_true(format.mask == UINT64_C(0xf000000ff) && format.word == 0);
	assert_true(pmu_format_parse("config2:63", &format));
	assert_true(format.mask == UINT64_C(1) << 63 && format.word == 2);
}

static void an_event_has_a_scale_and_a_unit(void **state)
{
	struct pmu_event event;

	(void)state;
	assert_int_equal(pmu_event(find("power"), "energy-pkg", &event, NULL), 0);
	assert_string_equal(event.terms, "event=0x02");
	assert_string_equal(event.unit, "Joules");
	assert_true(event.scale > 2.32e-10 && event.scale < 2.33e-10);
	assert_int_equal(pmu_event(find("msr"), "tsc", &event, NULL), 0);
	assert_true(event.scale == 1);
	assert_string_equal(event.unit, "");
}

static void damaged_events_are_refused(void **state)
{
	static const char *const names[] = { "unscaled", "unit", "large" };
	struct pmu_event event;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct error err = ERROR_INIT;

		assert_int_equal(pmu_event(find("odd"), names[i], &event, &err), -EINVAL);
		assert_non_null(strstr(err.text, names[i]));
	}
}

static void a_name_does_not_leave_its_directory(void **state)
{
	static const char *const names[] = {
		"../type", "..", ".", "", "tsc/../tsc", "../../msr/events/tsc", "/etc/passwd",
	};
	struct pmu_format format;
	struct pmu_event event;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_int_equal(pmu_event(find("msr"), names[i], &event, NULL), -ENOENT);
		assert_int_equal(pmu_format(find("msr"), names[i], &format, NULL), -ENOENT);
		assert_null(pmus_find(&pmus, names[i]));
	}
}

static void scales_and_units_are_no_events(void **state)
{
	struct string_vec names = { 0 };
	struct pmu_event event;

	(void)state;
	pmu_event_names(find("power"), &names);
	assert_int_equal(names.n, 1);
	assert_string_equal(names.at[0], "energy-pkg");
	strings_free(&names);
	assert_int_equal(pmu_event(find("power"), "energy-pkg.scale", &event, NULL), -ENOENT);
}

static void instances_are_found_by_the_name_they_share(void **state)
{
	static const struct {
		const char *pmu, *pattern;
		bool matches;
	} cases[] = {
		{ "uncore_imc_0", "uncore_imc", true },   { "uncore_imc_1", "imc", true },
		{ "uncore_imc_0", "uncore_imc_0", true }, { "uncore_imc_0", "imc_0", true },
		{ "uncore_imc_0", "imc_1", false },       { "uncore_imc_free_running", "imc", false },
		{ "uncore_imc_free_running", "*imc*", true }, { "uncore_imc_0", "im", false },
		{ "uncore_imc_0", "i*_0", true },         { "msr", "m*", true },
		{ "msr", "ms", false },                   { "msr", "", false },
		{ "cpu_core", "cpu", false },             { "power", "uncore_power", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(pmu_matches(find(cases[i].pmu), cases[i].pattern), cases[i].matches);
	assert_true(pmu_matches(&(struct pmu){ .name = (char[]){ "arm_smmuv3_pmcg_4b122" } }, "arm_smmuv3_pmcg"));
	assert_false(pmu_matches(&(struct pmu){ .name = (char[]){ "cpu_ab" } }, "cpu"));
}

static void a_machine_without_sysfs_has_no_pmus(void **state)
{
	struct pmus none = { .root = "/nonexistent" };
	struct pmu_ref_vec cores = { 0 };

	(void)state;
	assert_null(pmus_find(&none, "cpu"));
	pmus_core(&none, &cores);
	assert_int_equal(cores.n, 0);
	pmus_done(&none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pmu_has_its_number_and_cpus),
		cmocka_unit_test(damaged_files_are_told_by_name),
		cmocka_unit_test(a_value_is_split_over_the_ranges_of_its_field),
		cmocka_unit_test(a_field_of_64_bits_takes_them_all),
		cmocka_unit_test(formats_that_make_no_sense_are_refused),
		cmocka_unit_test(a_format_is_a_word_and_ranges_of_bits),
		cmocka_unit_test(an_event_has_a_scale_and_a_unit),
		cmocka_unit_test(damaged_events_are_refused),
		cmocka_unit_test(a_name_does_not_leave_its_directory),
		cmocka_unit_test(scales_and_units_are_no_events),
		cmocka_unit_test(instances_are_found_by_the_name_they_share),
		cmocka_unit_test(a_machine_without_sysfs_has_no_pmus),
	};

	return cmocka_run_group_tests_name("pmu", tests, make, clean);
}
