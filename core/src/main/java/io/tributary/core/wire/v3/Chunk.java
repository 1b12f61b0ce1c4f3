package io.tributary.core.wire.v3;

/**
 * A part of a message whose encoding is longer than {@link #SIZE} bytes.
 *
 * @param id joins the parts of one message; free again once it is complete
 * @param index from 0
 * @param total how many parts there are
 * @param data a slice of the encoding; any cut is legal
 */
public record Chunk(double id, double index, double total, byte[] data) {
  /** Messages longer than this are cut into slices of this many bytes. */
  public static final int SIZE = 512_000;
}
