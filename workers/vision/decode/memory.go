package decode

/*
#include <malloc.h>

static void return_memory(int mapped, int top) {
#ifdef __GLIBC__
	mallopt(M_MMAP_THRESHOLD, mapped);
	mallopt(M_TRIM_THRESHOLD, top);
#endif
}

static void trim(void) {
#ifdef __GLIBC__
	malloc_trim(0);
#endif
}
*/
import "C"

import "sync"

const (
	mappedBytes = 4 << 20 // a plane of a picture of 1920 x 1080 pixels has half as many
	topBytes    = 16 << 20
)

// Trim returns what is free in the C library's heaps to the system. It may be called at any time, by any goroutine.
func Trim() { C.trim() }

// returnMemory makes the C library return the memory of large pictures to the system as soon as they are freed. By default it learns to
// keep blocks of their size, in a heap for each thread.
var returnMemory = sync.OnceFunc(func() { C.return_memory(mappedBytes, topBytes) })
