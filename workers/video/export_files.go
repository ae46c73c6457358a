package video

import (
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"time"

	"github.com/selene-liveness/selene/schemas"
	"github.com/selene-liveness/selene/streams"
	"github.com/selene-liveness/selene/streams/objects"
	"github.com/selene-liveness/selene/workers/video/stitch"
)

// makeFiles creates the file of every session, and stores them when all are finished.
func (x *export) makeFiles(ctx context.Context) error {
	dir, err := x.scratch.job()
	if err != nil {
		return streams.Blame(streams.Infrastructure, err)
	}
	defer os.RemoveAll(dir)
	counts := make([]uint64, len(x.Order.Sessions))
	total := uint64(0)
	for n, session := range x.Order.Sessions {
		if counts[n], err = x.sessions.CountFrames(ctx, session); err != nil {
			return err
		}
		total += counts[n]
	}
	done := uint64(0)
	var files []schemas.ExportFile
	for n, session := range x.Order.Sessions {
		x.session = session
		file, err := x.makeFile(ctx, dir, session, func(read int64) { x.progress(ctx, percentOf(int64(done)+read, total)) })
		if err != nil {
			return err
		}
		files = append(files, file)
		done += counts[n]
	}
	for _, f := range files {
		if err := x.objects.PutFile(ctx, f.Object, f.MediaType, filepath.Join(dir, f.Session)); err != nil {
			return err
		}
	}
	x.Files = files
	return nil
}

// makeFile creates the file of one session in dir, named after the session.
func (x *export) makeFile(ctx context.Context, dir, session string, progress func(read int64)) (schemas.ExportFile, error) {
	draw, err := x.painter(ctx, session, x.Order.Watermark)
	if err != nil {
		return schemas.ExportFile{}, err
	}
	size, err := sizeOfOrder(x.Order.Resolution)
	if err != nil {
		return schemas.ExportFile{}, err
	}
	f := film{
		kind:    exportVideos,
		session: session,
		try:     x.try,
		frames:  x.open(ctx, session, cutOf(x.Order), 0, draw),
		options: stitch.Options{
			Codec: stitch.Codec(x.Order.Codec), Bitrate: x.Order.Bitrate, Width: size.X, Height: size.Y, Rotate: x.Order.Rotate,
			Flip: x.Order.Flip, FrameRate: x.Order.FrameRate, Fragmented: x.Order.Fragmented, Path: filepath.Join(dir, session),
		},
	}
	defer f.frames.close()
	r, err := x.make(ctx, f, progress)
	if err != nil {
		return schemas.ExportFile{}, err
	}
	ext := f.options.Codec.Ext()
	return schemas.ExportFile{
		Session: session, Name: x.Order.FileName(session, r.Start, r.Start.Add(r.Duration), ext),
		Object:    objects.ExportName(x.ID, session, ext),
		MediaType: f.options.Codec.ContentType(), Codec: x.Order.Codec, Bytes: r.Bytes, Frames: r.Frames, Skipped: r.Skipped,
		Width: r.Width, Height: r.Height, Start: r.Start.UTC(), Duration: r.Duration.Seconds(),
	}, nil
}

// dropFiles removes the stored files of an export that failed or was canceled.
func (x *export) dropFiles(ctx context.Context) error {
	var errs []error
	for _, session := range x.Order.Sessions {
		errs = append(errs, x.objects.Delete(ctx, objects.ExportName(x.ID, session, stitch.Codec(x.Order.Codec).Ext())))
	}
	return errors.Join(errs...)
}

func cutOf(o schemas.ExportOrder) cut {
	c := cut{duration: time.Duration(o.Duration * float64(time.Second))}
	if o.From != nil {
		c.from = *o.From
	}
	if o.To != nil {
		c.to = *o.To
	}
	return c
}

// sizeOfOrder returns the ordered size in pixels, zero for that of the first frame.
func sizeOfOrder(resolution string) (size image.Point, err error) {
	if resolution == "" || resolution == schemas.ResolutionOriginal {
		return size, nil
	}
	if _, err := fmt.Sscanf(resolution, "%dx%d", &size.X, &size.Y); err != nil {
		return size, streams.Blame(streams.Input, fmt.Errorf("resolution %q of the export: %w", resolution, err))
	}
	return size, nil
}
