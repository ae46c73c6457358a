package sweep

// SweepObject lets tests sweep an object that changed after it was listed.
var SweepObject = (*Sweeper).sweepObject
