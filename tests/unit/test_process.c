/* What the record stream says must leave exactly the mappings and names that were in force at each moment. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "symbolize/process.h"

struct fixture {
	struct images images;
	struct processes ps;
	struct image *a, *b;
};

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	images_init(&f->images, NULL);
	processes_init(&f->ps);
	f->a = images_get(&f->images, &(struct image_id){ .path = "/a", .inode = 1 });
	f->b = images_get(&f->images, &(struct image_id){ .path = "/b", .inode = 2 });
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	processes_free(&f->ps);
	images_free(&f->images);
	free(f);
	return 0;
}

static void assert_map(const struct process *process, uint64_t addr, uint64_t start, uint64_t end, uint64_t pgoff,
		       const struct image *image)
{
	const struct map *map = process_find_map(process, addr);

	assert_non_null(map);
	assert_int_equal(map->start, start);
	assert_int_equal(map->end, end);
	assert_int_equal(map->pgoff, pgoff);
	assert_ptr_equal(map->image, image);
}

static void an_address_is_found_in_the_mapping_that_covers_it(void **state)
{
	struct fixture *f = *state;
	struct process *p = processes_get(&f->ps, 1);

	process_map(&f->ps, p, 0x3000, 0x4000, 0, f->b);
	process_map(&f->ps, p, 0x1000, 0x2000, 0x500, f->a);
	assert_map(p, 0x1000, 0x1000, 0x2000, 0x500, f->a);
	assert_map(p, 0x1fff, 0x1000, 0x2000, 0x500, f->a);
	assert_map(p, 0x3800, 0x3000, 0x4000, 0, f->b);
	assert_null(process_find_map(p, 0xfff));
	assert_null(process_find_map(p, 0x2000));
	assert_null(process_find_map(p, 0x4000));
}

static void a_mapping_that_overlaps_cuts_the_older_one(void **state)
{
	struct fixture *f = *state;
	struct process *p = processes_get(&f->ps, 1);

	process_map(&f->ps, p, 0x1000, 0x9000, 0x10000, f->a);
	process_find_map(p, 0x1000)->tag = 7;
	process_map(&f->ps, p, 0x3000, 0x5000, 0, f->b);
	assert_map(p, 0x2fff, 0x1000, 0x3000, 0x10000, f->a);
	assert_map(p, 0x3000, 0x3000, 0x5000, 0, f->b);
	assert_map(p, 0x5000, 0x5000, 0x9000, 0x14000, f->a);
	assert_int_equal(process_find_map(p, 0x1000)->tag, 7);
	assert_int_equal(process_find_map(p, 0x5000)->tag, 0);
}

static void a_mapping_over_several_removes_those_within_and_trims_the_ends(void **state)
{
	struct fixture *f = *state;
	struct process *p = processes_get(&f->ps, 1);

	process_map(&f->ps, p, 0x1000, 0x3000, 0, f->a);
	process_map(&f->ps, p, 0x3000, 0x4000, 0, f->a);
	process_map(&f->ps, p, 0x4000, 0x5000, 0, f->a);
	process_map(&f->ps, p, 0x5000, 0x7000, 0x100, f->a);
	process_map(&f->ps, p, 0x2000, 0x6000, 0, f->b);
	assert_int_equal(p->maps->at.n, 3);
	assert_map(p, 0x1000, 0x1000, 0x2000, 0, f->a);
	assert_map(p, 0x4000, 0x2000, 0x6000, 0, f->b);
	assert_map(p, 0x6000, 0x6000, 0x7000, 0x1100, f->a);
}

static void a_range_that_ends_before_it_starts_is_ignored(void **state)
{
	struct fixture *f = *state;
	struct process *p = processes_get(&f->ps, 1);

	process_map(&f->ps, p, 0x2000, 0x2000, 0, f->a);
	process_map(&f->ps, p, 0x2000, 0x1000, 0, f->a);
	assert_int_equal(p->maps->at.n, 0);
}

/* A thousand random mappings against the simplest model there is: an array of pages. */
static void any_order_of_mappings_leaves_the_latest_on_each_page(void **state)
{
	enum { PAGES = 64 };
	struct fixture *f = *state;
	struct process *p = processes_get(&f->ps, 1);
	uint64_t pgoff[PAGES] = { 0 };
	struct image *image[PAGES] = { 0 };

	srand(1);
	for (int round = 0; round < 1000; round++) {
		uint64_t start = (uint64_t)rand() % PAGES, end = start + 1 + (uint64_t)rand() % (PAGES - start);
		uint64_t offset = (uint64_t)rand() << 12;
		struct image *which = rand() % 2 ? f->a : f->b;

		process_map(&f->ps, p, start << 12, end << 12, offset, which);
		for (uint64_t i = start; i < end; i++) {
			image[i] = which;
			pgoff[i] = offset + ((i - start) << 12);
		}
		for (uint64_t i = 0; i < PAGES; i++) {
			const struct map *map = process_find_map(p, i << 12 | 0x123);

			assert_ptr_equal(map ? map->image : NULL, image[i]);
			if (map)
				assert_int_equal(map->pgoff + (i << 12) - map->start, pgoff[i]);
		}
	}
}

static void a_child_has_its_parents_mappings_until_either_changes_them(void **state)
{
	struct fixture *f = *state;
	struct process *parent = processes_get(&f->ps, 1), *child;

	process_map(&f->ps, parent, 0x1000, 0x2000, 0, f->a);
	processes_fork(&f->ps, 2, 2, 1, 1);
	child = processes_find(&f->ps, 2);
	assert_non_null(child);
	assert_ptr_equal(child->maps, parent->maps);
	process_map(&f->ps, child, 0x1000, 0x2000, 0, f->b);
	assert_map(parent, 0x1000, 0x1000, 0x2000, 0, f->a);
	assert_map(child, 0x1000, 0x1000, 0x2000, 0, f->b);
	processes_fork(&f->ps, 3, 3, 1, 1);
	process_map(&f->ps, parent, 0x5000, 0x6000, 0, f->b);
	assert_null(process_find_map(processes_find(&f->ps, 3), 0x5000));
}

static void a_child_outlives_its_parent_with_the_mappings(void **state)
{
	struct fixture *f = *state;

	process_map(&f->ps, processes_get(&f->ps, 1), 0x1000, 0x2000, 0, f->a);
	processes_fork(&f->ps, 2, 2, 1, 1);
	assert_true(processes_exit(&f->ps, 1, 1));
	processes_forget(&f->ps, 1);
	assert_null(processes_find(&f->ps, 1));
	assert_map(processes_find(&f->ps, 2), 0x1000, 0x1000, 0x2000, 0, f->a);
}

/* A process of 100 mappings forks 50 times, and each child maps one more thing. */
static void mappings_beyond_the_limit_are_dropped_and_counted(void **state)
{
	struct fixture *f = *state;
	struct process *parent = processes_get(&f->ps, 1);

	f->ps.maps_max = 1000;
	for (uint64_t i = 0; i < 100; i++)
		process_map(&f->ps, parent, i << 12, (i + 1) << 12, 0, f->a);
	for (pid_t pid = 2; pid < 52; pid++) {
		processes_fork(&f->ps, pid, pid, 1, 1);
		process_map(&f->ps, processes_get(&f->ps, pid), 0x900000, 0x901000, 0, f->b);
	}
	assert_true(f->ps.maps_n <= 1000 && f->ps.maps_n > 800);
	assert_int_equal(f->ps.maps_dropped, 50 - (f->ps.maps_n - 100) / 101);
	assert_map(processes_get(&f->ps, 2), 0x900000, 0x900000, 0x901000, 0, f->b);
	assert_map(processes_get(&f->ps, 51), 0x1000, 0x1000, 0x2000, 0, f->a);
	assert_null(process_find_map(processes_get(&f->ps, 51), 0x900000));
}

static void what_a_dropped_mapping_hid_is_not_found_any_more(void **state)
{
	struct fixture *f = *state;
	struct process *p = processes_get(&f->ps, 1);

	f->ps.maps_max = 3;
	process_map(&f->ps, p, 0x1000, 0x2000, 0, f->a);
	process_map(&f->ps, p, 0x3000, 0x4000, 0, f->a);
	process_map(&f->ps, p, 0x1800, 0x1900, 0, f->b);
	assert_null(process_find_map(p, 0x1800));
	assert_int_equal(f->ps.maps_dropped, 3);
	assert_int_equal(f->ps.maps_n, 0);
}

static void mappings_that_are_gone_make_room(void **state)
{
	struct fixture *f = *state;

	f->ps.maps_max = 64;
	for (pid_t pid = 1; pid < 1000; pid++) {
		processes_fork(&f->ps, pid + 1, pid + 1, pid, pid);
		process_map(&f->ps, processes_get(&f->ps, pid + 1), 0x1000, 0x9000, 0, f->a);
		process_map(&f->ps, processes_get(&f->ps, pid + 1), 0x2000, 0x3000, 0, f->b);
		processes_comm(&f->ps, pid + 1, pid + 1, "new", true);
		process_map(&f->ps, processes_get(&f->ps, pid + 1), 0x1000, 0x2000, 0, f->a);
		processes_exit(&f->ps, pid, pid);
		processes_forget(&f->ps, pid);
	}
	assert_int_equal(f->ps.maps_dropped, 0);
	assert_int_equal(f->ps.maps_n, 1);
}

static double cpu_seconds(void)
{
	return (double)clock() / CLOCKS_PER_SEC;
}

/* Looking each up among all the others would take minutes. */
static void many_threads_are_told_apart_in_no_time(void **state)
{
	const pid_t n = 300000;
	struct fixture *f = *state;
	double start = cpu_seconds();

	processes_comm(&f->ps, 1, 1, "server", false);
	for (pid_t tid = n; tid > 1; tid--)
		processes_fork(&f->ps, 1, tid, 1, 1);
	processes_comm(&f->ps, 1, n / 2, "odd", false);
	for (pid_t tid = 2; tid <= n; tid += 3)
		assert_false(processes_exit(&f->ps, 1, tid));
	assert_string_equal(process_thread_name(&f->ps, processes_get(&f->ps, 1), n / 2), "odd");
	assert_string_equal(process_thread_name(&f->ps, processes_get(&f->ps, 1), n / 2 + 1), "server");
	for (pid_t tid = n; tid > 1; tid--)
		if (tid % 3 != 2)
			assert_false(processes_exit(&f->ps, 1, tid));
	assert_int_equal(processes_get(&f->ps, 1)->threads.n, 0);
	assert_true(processes_exit(&f->ps, 1, 1));
	assert_true(cpu_seconds() - start < 5);
}

static void an_exec_wipes_the_mappings_and_takes_the_new_name(void **state)
{
	struct fixture *f = *state;
	struct process *p = processes_get(&f->ps, 1);

	processes_comm(&f->ps, 1, 1, "sh", false);
	process_map(&f->ps, p, 0x1000, 0x2000, 0, f->a);
	processes_fork(&f->ps, 1, 5, 1, 1);
	processes_comm(&f->ps, 1, 5, "worker", false);
	processes_comm(&f->ps, 1, 1, "cc1", true);
	assert_null(process_find_map(p, 0x1000));
	assert_int_equal(p->threads.n, 0);
	assert_string_equal(process_thread_name(&f->ps, p, 1), "cc1");
	assert_string_equal(process_thread_name(&f->ps, p, 5), "cc1");
}

static void a_thread_has_its_creators_name_until_it_takes_its_own(void **state)
{
	struct fixture *f = *state;
	struct process *p = processes_get(&f->ps, 1);

	processes_comm(&f->ps, 1, 1, "server", false);
	processes_fork(&f->ps, 1, 5, 1, 1);
	assert_string_equal(process_thread_name(&f->ps, p, 5), "server");
	processes_comm(&f->ps, 1, 5, "worker", false);
	processes_fork(&f->ps, 1, 6, 1, 5);
	assert_string_equal(process_thread_name(&f->ps, p, 6), "worker");
	assert_string_equal(process_thread_name(&f->ps, p, 1), "server");
	assert_string_equal(process_thread_name(&f->ps, p, 99), "server");
}

static void a_process_that_a_thread_forks_has_that_threads_name(void **state)
{
	struct fixture *f = *state;

	processes_comm(&f->ps, 1, 1, "server", false);
	processes_comm(&f->ps, 1, 5, "spawner", false);
	processes_fork(&f->ps, 2, 2, 1, 5);
	assert_string_equal(process_thread_name(&f->ps, processes_find(&f->ps, 2), 2), "spawner");
}

static void a_process_dies_with_its_last_thread(void **state)
{
	struct fixture *f = *state;

	processes_get(&f->ps, 1);
	processes_fork(&f->ps, 1, 5, 1, 1);
	assert_false(processes_exit(&f->ps, 1, 1));
	processes_forget(&f->ps, 1);
	assert_non_null(processes_find(&f->ps, 1));
	assert_true(processes_exit(&f->ps, 1, 5));
	assert_non_null(processes_find(&f->ps, 1)); /* its task still runs */
	processes_forget(&f->ps, 1);
	assert_null(processes_find(&f->ps, 1));
}

static void a_thread_that_execs_after_the_main_thread_went_keeps_the_process(void **state)
{
	struct fixture *f = *state;

	processes_get(&f->ps, 1);
	processes_fork(&f->ps, 1, 5, 1, 1);
	processes_exit(&f->ps, 1, 1);
	processes_comm(&f->ps, 1, 1, "new", true);
	assert_false(processes_exit(&f->ps, 1, 5));
	assert_string_equal(process_thread_name(&f->ps, processes_find(&f->ps, 1), 1), "new");
	assert_true(processes_exit(&f->ps, 1, 1));
}

static void a_pid_that_is_used_again_starts_afresh(void **state)
{
	struct fixture *f = *state;

	process_map(&f->ps, processes_get(&f->ps, 1), 0x1000, 0x2000, 0, f->a);
	process_map(&f->ps, processes_get(&f->ps, 2), 0x5000, 0x6000, 0, f->b);
	processes_fork(&f->ps, 2, 2, 1, 1);
	assert_null(process_find_map(processes_find(&f->ps, 2), 0x5000));
	assert_non_null(process_find_map(processes_find(&f->ps, 2), 0x1000));
}

static void a_number_in_use_again_is_not_forgotten(void **state)
{
	struct fixture *f = *state;

	processes_get(&f->ps, 1);
	processes_get(&f->ps, 2);
	processes_exit(&f->ps, 2, 2);
	processes_fork(&f->ps, 2, 2, 1, 1);
	processes_forget(&f->ps, 2);
	assert_non_null(processes_find(&f->ps, 2));
}

static void the_exit_of_an_unknown_process_does_nothing(void **state)
{
	struct fixture *f = *state;

	assert_false(processes_exit(&f->ps, 77, 77));
	assert_false(processes_exit(&f->ps, -1, -1));
	processes_forget(&f->ps, 77);
	assert_null(processes_find(&f->ps, 77));
}

static void slots_of_the_dead_are_used_again(void **state)
{
	struct fixture *f = *state;

	for (pid_t pid = 1; pid < 10000; pid++) {
		processes_get(&f->ps, pid);
		processes_exit(&f->ps, pid, pid);
		processes_forget(&f->ps, pid);
	}
	assert_true(f->ps.at.n < 4);
	assert_int_equal(f->ps.table.n, 0);
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		test(an_address_is_found_in_the_mapping_that_covers_it),
		test(a_mapping_that_overlaps_cuts_the_older_one),
		test(a_mapping_over_several_removes_those_within_and_trims_the_ends),
		test(a_range_that_ends_before_it_starts_is_ignored),
		test(any_order_of_mappings_leaves_the_latest_on_each_page),
		test(a_child_has_its_parents_mappings_until_either_changes_them),
		test(a_child_outlives_its_parent_with_the_mappings),
		test(mappings_beyond_the_limit_are_dropped_and_counted),
		test(what_a_dropped_mapping_hid_is_not_found_any_more),
		test(mappings_that_are_gone_make_room),
		test(many_threads_are_told_apart_in_no_time),
		test(an_exec_wipes_the_mappings_and_takes_the_new_name),
		test(a_thread_has_its_creators_name_until_it_takes_its_own),
		test(a_process_that_a_thread_forks_has_that_threads_name),
		test(a_process_dies_with_its_last_thread),
		test(a_thread_that_execs_after_the_main_thread_went_keeps_the_process),
		test(a_pid_that_is_used_again_starts_afresh),
		test(a_number_in_use_again_is_not_forgotten),
		test(the_exit_of_an_unknown_process_does_nothing),
		test(slots_of_the_dead_are_used_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
