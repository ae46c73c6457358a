package imagefile

import "errors"

// errTable marks a segment of tables that is not filled by them to the last byte: decoders that stop at the last whole
// table would look for markers in the rest.
var errTable = errors.New("a table has a wrong length")

// checkQuantization checks a DQT segment: tables of one byte for precision and destination, then 64 values.
func checkQuantization(content []byte) error {
	for len(content) > 0 {
		wide, destination := content[0]>>4, content[0]&15
		if wide > 1 || destination > 3 {
			return errors.New("an unknown kind of quantization table")
		}
		n := 1 + 64*(1+int(wide))
		if len(content) < n {
			return errTable
		}
		content = content[n:]
	}
	return nil
}

// countHuffman checks a DHT segment and returns its number of tables: one byte for class and destination, 16 for the
// numbers of codes, then the values.
func countHuffman(content []byte) (n int, err error) {
	for ; len(content) > 0; n++ {
		if content[0]>>4 > 1 || content[0]&15 > 3 {
			return n, errors.New("an unknown kind of Huffman table")
		}
		if len(content) < 17 {
			return n, errTable
		}
		values := 0
		for _, codes := range content[1:17] {
			values += int(codes)
		}
		if values > 256 || len(content) < 17+values {
			return n, errTable
		}
		content = content[17+values:]
	}
	return n, nil
}
