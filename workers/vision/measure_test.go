package vision

import (
	"math"
	"testing"
)

// The frames are not mirrored; their content was determined by eye.
func TestPoseSigns(t *testing.T) {
	zoo := pickPack(t, "zoo")
	toRight := measured(t, zoo, "conditions/profile_a_zub.jpg") // nose to the left of the picture: the subject's own right
	toLeft := measured(t, zoo, "conditions/profile_b_zub.jpg")
	for name, m := range map[string]Measurement{"profile_a": toRight, "profile_b": toLeft} {
		if !m.FarTurned || m.HasEyes || m.HasMouth || !m.HasPose {
			t.Errorf("%s: far turned %v, eyes %v, mouth %v, pose %v; want a pose and nothing else", name, m.FarTurned, m.HasEyes, m.HasMouth, m.HasPose)
		}
	}
	if toRight.Yaw > -45 || toLeft.Yaw < 45 {
		t.Errorf("yaw %.0f for a turn to the person's right, %.0f to their left; want below -45 and above 45", toRight.Yaw, toLeft.Yaw)
	}
	eachPack(t, func(t *testing.T, m *Models) {
		if tilt := measured(t, m, "conditions/tilt_zub.jpg"); tilt.Roll > -15 || tilt.Roll < -40 {
			t.Errorf("roll %.0f for a tilt to the person's left shoulder; want -40..-15", tilt.Roll)
		}
		if down := measured(t, m, "conditions/glasses_1.jpg"); down.Pitch > -15 || down.Yaw < 15 {
			t.Errorf("pitch %.0f, yaw %.0f for a head bowed and turned to the person's left; want below -15 and above 15", down.Pitch, down.Yaw)
		}
		front := measured(t, m, "conditions/open_eyes_d9.jpg")
		if math.Abs(float64(front.Yaw)) > 10 || math.Abs(float64(front.Roll)) > 10 || math.Abs(float64(front.Pitch)) > 15 {
			t.Errorf("yaw %.0f pitch %.0f roll %.0f for a frontal face", front.Yaw, front.Pitch, front.Roll)
		}
	})
}

// Mirroring a picture turns yaw and roll round and swaps the eyes.
func TestPoseMirrored(t *testing.T) {
	eachPack(t, func(t *testing.T, m *Models) {
		img := picture(t, "conditions/tilt_zub.jpg")
		var a, b Measurement
		if err := m.Measure(img, largest(t, m, img, "tilt"), &a); err != nil {
			t.Fatal(err)
		}
		flipped := mirror(img)
		if err := m.Measure(flipped, largest(t, m, flipped, "tilt mirrored"), &b); err != nil {
			t.Fatal(err)
		}
		if math.Abs(float64(a.Yaw+b.Yaw)) > 15 || math.Abs(float64(a.Roll+b.Roll)) > 10 || math.Abs(float64(a.Pitch-b.Pitch)) > 15 {
			t.Errorf("%.0f %.0f %.0f mirrored is %.0f %.0f %.0f", a.Yaw, a.Pitch, a.Roll, b.Yaw, b.Pitch, b.Roll)
		}
		if math.Abs(float64(a.RightEyeOpenness-b.LeftEyeOpenness)) > .05 || math.Abs(float64(a.LeftEyeOpenness-b.RightEyeOpenness)) > .05 {
			t.Errorf("eyes %.2f %.2f mirrored are %.2f %.2f", a.RightEyeOpenness, a.LeftEyeOpenness, b.RightEyeOpenness, b.LeftEyeOpenness)
		}
	})
}

func TestEyesAndMouth(t *testing.T) {
	eachPack(t, func(t *testing.T, m *Models) {
		open, closed := measured(t, m, "conditions/open_eyes_d9.jpg"), measured(t, m, "conditions/closed_eyes_d9.jpg")
		for _, v := range []float32{open.RightEyeOpenness, open.LeftEyeOpenness} {
			if v < .2 || v > .5 {
				t.Errorf("open eye: %.2f, want 0.2..0.5", v)
			}
		}
		for _, v := range []float32{closed.RightEyeOpenness, closed.LeftEyeOpenness} {
			if v > .12 {
				t.Errorf("closed eye: %.2f, want at most 0.12", v)
			}
		}
		if open.MouthOpenness > .1 {
			t.Errorf("closed mouth: %.2f", open.MouthOpenness)
		}
		if wide := measured(t, m, "match/bbt/penny1.png"); wide.MouthOpenness < .4 {
			t.Errorf("mouth wide open: %.2f", wide.MouthOpenness)
		}
		if open.EyesFrom != "iris" {
			t.Errorf("eyes from %q", open.EyesFrom)
		}
	})
}

// In the clip she winks with her left eye at once and with her right a second later.
func TestWinks(t *testing.T) {
	eachPack(t, func(t *testing.T, m *Models) {
		frames := clip(t, "real_lp_d_d3.mp4", 2)
		var first, third Measurement
		for out, img := range map[*Measurement]*Image{&first: frames[0], &third: frames[2]} {
			if err := m.Measure(img, largest(t, m, img, "d3"), out); err != nil {
				t.Fatal(err)
			}
		}
		if first.LeftEyeOpenness > first.RightEyeOpenness*.75 || third.RightEyeOpenness > third.LeftEyeOpenness*.75 {
			t.Errorf("wink left: right %.2f left %.2f; wink right: right %.2f left %.2f", first.RightEyeOpenness, first.LeftEyeOpenness, third.RightEyeOpenness, third.LeftEyeOpenness)
		}
	})
}

// At 73 degrees the mesh network may be fully confident of a face that it invents.
func TestFarTurnedFacesAreNotMeasured(t *testing.T) {
	m := pickPack(t, "zoo")
	far := 0
	for i, img := range clip(t, "real_zub_webcam_turns.webm", 6) {
		found, err := m.Detect(img, nil)
		if err != nil || len(found) == 0 {
			continue
		}
		var out Measurement
		if err := m.Measure(img, found[0], &out); err != nil {
			t.Fatal(err)
		}
		if math.Abs(float64(out.Yaw)) > farYaw {
			far++
		}
		if math.Abs(float64(out.Yaw)) > 62 && (!out.FarTurned || out.HasEyes || out.HasMesh) {
			t.Errorf("frame %d: yaw %.0f, mesh confidence %.2f, eyes read %v", i, out.Yaw, out.MeshConfidence, out.HasEyes)
		}
	}
	if far < 5 {
		t.Errorf("%d frames turned far; the clip has a profile of more than a second", far)
	}
}

func TestMeshFitsTheFace(t *testing.T) {
	eachPack(t, func(t *testing.T, m *Models) {
		img := picture(t, "match/ageitgey/obama.jpg")
		d := largest(t, m, img, "obama")
		var out Measurement
		if err := m.Measure(img, d, &out); err != nil {
			t.Fatal(err)
		}
		eye := func(a, b int) Point {
			return Point{(out.Mesh[a].X + out.Mesh[b].X) / 2, (out.Mesh[a].Y + out.Mesh[b].Y) / 2}
		}
		near := d.Box.Width * .08
		if r := eye(rightOuter, rightInner); distance(r, d.Points[0]) > near {
			t.Errorf("right eye of the mesh at %v, of the detector at %v", r, d.Points[0])
		}
		if l := eye(leftInner, leftOuter); distance(l, d.Points[1]) > near {
			t.Errorf("left eye of the mesh at %v, of the detector at %v", l, d.Points[1])
		}
	})
}

func mirror(img *Image) *Image {
	out := &Image{img.Width, img.Height, make([]byte, len(img.Pix))}
	for y := range img.Height {
		for x := range img.Width {
			copy(out.Pix[(y*img.Width+x)*3:][:3], img.Pix[(y*img.Width+img.Width-1-x)*3:][:3])
		}
	}
	return out
}

// The nose is nearer to the camera than the ears, by about half the width of the face.
func TestMeshDepth(t *testing.T) {
	eachPack(t, func(t *testing.T, m *Models) {
		front := measured(t, m, "conditions/open_eyes_d9.jpg")
		width := front.Mesh[454].X - front.Mesh[234].X
		ears := (front.MeshDepth[454] + front.MeshDepth[234]) / 2
		if share := (ears - front.MeshDepth[1]) / width; share < 0.3 || share > 0.9 {
			t.Errorf("the nose is %.2f of the width of the face before the ears, want 0.3 to 0.9", share)
		}
	})
}
