package io.tributary.core.wire.v3;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Joins the chunks that one connection receives. Parts come in any order, those of several messages
 * interleaved. Nothing is allocated from what a chunk declares, only for what it holds.
 *
 * <p>A joined message may be a chunk again. Each such level copies the message, so whoever decodes it
 * allows only a few.
 *
 * <p>After an exception the connection is to be closed; the state is of no further use. Not
 * thread-safe.
 */
public final class ChunkAssembler {
  /** How many messages may be under way at once. */
  public static final int MAX_OPEN = 64;

  /** What a part costs beyond its bytes: array header, map node, boxed index. */
  public static final int PART_OVERHEAD = 96;

  private static final int ASSEMBLY_OVERHEAD = 256;

  private final long maxBytes;
  private final Map<Double, Assembly> open = new LinkedHashMap<>();
  private long bytesHeld;

  private static final class Assembly {
    final int total;
    long latestMs;
    final Map<Integer, byte[]> parts = new HashMap<>();
    long bytes = ASSEMBLY_OVERHEAD;

    Assembly(int total) {
      this.total = total;
    }
  }

  /**
   * @param maxBytes how much may be held at once, for all messages together and counting {@link
   *     #PART_OVERHEAD} for each part
   */
  public ChunkAssembler(long maxBytes) {
    this.maxBytes = maxBytes;
  }

  /**
   * Takes a chunk.
   *
   * @param nowMs the time, milliseconds of any clock that {@link #oldestMs} is compared with
   * @return once its message is complete, the parts in order, for {@link
   *     V3Codec#decodeClient(List)} or {@link V3Codec#decodeServer(List)}; they are no longer held
   * @throws MalformedMessageException if the chunk contradicts itself or an earlier one, or a limit
   *     is reached
   */
  public Optional<List<byte[]>> add(Chunk chunk, long nowMs) throws MalformedMessageException {
    int total = integer("total", chunk.total(), 1, Integer.MAX_VALUE);
    int index = integer("index", chunk.index(), 0, total - 1);
    if (chunk.data().length == 0) {
      throw new MalformedMessageException("a chunk without data");
    }
    if (total > maxBytes / (1 + PART_OVERHEAD)) {
      throw new MalformedMessageException(
          "a chunked message of " + total + " parts cannot fit " + maxBytes + " bytes");
    }
    // Zero and negative zero are one id.
    Double id = chunk.id() + 0.0;
    Assembly assembly = open.get(id);
    if (assembly == null) {
      if (open.size() == MAX_OPEN) {
        throw new MalformedMessageException(
            "more than " + MAX_OPEN + " chunked messages are under way");
      }
      assembly = new Assembly(total);
      open.put(id, assembly);
      bytesHeld += assembly.bytes;
    }
    if (assembly.total != total) {
      throw new MalformedMessageException(
          "a chunk says " + total + " parts where an earlier one said " + assembly.total);
    }
    long bytes = (long) PART_OVERHEAD + chunk.data().length;
    if (bytesHeld + bytes > maxBytes) {
      throw new MalformedMessageException(
          "the chunks under way hold more than " + maxBytes + " bytes");
    }
    if (assembly.parts.putIfAbsent(index, chunk.data()) != null) {
      throw new MalformedMessageException("part " + index + " came twice");
    }
    assembly.bytes += bytes;
    bytesHeld += bytes;
    open.remove(id);
    if (assembly.parts.size() < total) {
      // Back as the last: the map is in the order of the latest parts.
      assembly.latestMs = nowMs;
      open.put(id, assembly);
      return Optional.empty();
    }
    bytesHeld -= assembly.bytes;
    List<byte[]> parts = new ArrayList<>(total);
    for (int i = 0; i < total; i++) {
      parts.add(assembly.parts.get(i));
    }
    return Optional.of(parts);
  }

  private static int integer(String name, double value, int min, int max)
      throws MalformedMessageException {
    if (value >= min && value <= max && value == Math.rint(value)) {
      return (int) value;
    }
    throw new MalformedMessageException(
        "ChunkedMessage.part has " + name + " " + value + ", not one of " + min + " to " + max);
  }

  /** What the open messages hold, bytes with overhead. */
  public long bytesHeld() {
    return bytesHeld;
  }

  /**
   * The {@code nowMs} at which the message that has waited longest for another part got its latest;
   * empty if none is under way.
   */
  public OptionalLong oldestMs() {
    return open.isEmpty()
        ? OptionalLong.empty()
        : OptionalLong.of(open.values().iterator().next().latestMs);
  }
}
