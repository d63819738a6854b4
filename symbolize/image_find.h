/*
 * Finds the file behind a mapping: the one that is mapped, and no other that goes by its name.
 */
#ifndef FPPROF_SYMBOLIZE_IMAGE_FIND_H
#define FPPROF_SYMBOLIZE_IMAGE_FIND_H

#include "symbolize/image.h"

/*
 * Opens the image's file for reading. With a root (images.root) only root + path is tried, and links do not lead out of
 * it. Without one, in this order: what the process has mapped, its path as the process sees it, its path as we do.
 * Returns a descriptor of a regular file that is the caller's, or -errno: -ESTALE when another file has the name by now,
 * -EINVAL when it is no regular file.
 */
int image_find(const char *root, const struct image *image, const struct image_where *where);

/* Opens a regular file by an absolute path, within root (NULL: ours). A descriptor that is the caller's, or -errno. */
int image_find_path(const char *root, const char *path);

#endif
