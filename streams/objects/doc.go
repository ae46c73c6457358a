// Package objects stores media under names: videos, the files of exports, best shots and reference faces.
//
// A file that is read or written is never removed by a sweep. Each reader and writer keeps a mark on the name of its
// object, and so does a sweeper, in the bucket of readers. See [Store.RemoveUnread].
package objects
