package io.tributary.core.compaction;

import io.tributary.core.model.EntryId;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.Optional;

/**
 * The ids of a bucket's outputs: the same for the same entries and compactor, others for others.
 *
 * <p>The greatest id that went in, taken as one number of 122 bits (without version and variant), plus
 * 1, plus an offset: from the top, how many entries went in (20 bits), the first 20 bits of SHA-256
 * over the compactor's name in UTF-8 and the entries' ids in sequence order, and the output's index
 * (10 bits). So an output orders just above all that went into it, and below whatever the same author
 * made later: {@link io.tributary.core.model.EntryIdGenerator} steps by at least 2<sup>51</sup>.
 */
final class SyntheticIds {
  static final int COUNT_BITS = 20;
  private static final int HASH_BITS = 20;
  private static final int INDEX_BITS = 10;

  /** Outputs of one bucket that can be told apart. */
  static final int MAX_OUTPUTS = 1 << INDEX_BITS;

  private static final int LOW_BITS = 62;
  private static final long LOW_MASK = (1L << LOW_BITS) - 1;

  private final EntryId greatest;
  private final long offset;

  /**
   * Of one bucket.
   *
   * @param consumed what went in, in sequence order: at least one and fewer than 2^20, all of
   *     version 7
   */
  SyntheticIds(String compactor, List<EntryId> consumed) {
    MessageDigest digest = sha256();
    digest.update(compactor.getBytes(StandardCharsets.UTF_8));
    EntryId max = consumed.get(0);
    for (EntryId id : consumed) {
      digest.update(id.toBytes());
      if (id.compareTo(max) > 0) {
        max = id;
      }
    }
    byte[] hash = digest.digest();
    long first20 = (hash[0] & 0xffL) << 12 | (hash[1] & 0xffL) << 4 | (hash[2] & 0xffL) >>> 4;
    greatest = max;
    offset = (long) consumed.size() << (HASH_BITS + INDEX_BITS) | first20 << INDEX_BITS;
  }

  /**
   * The id of an output.
   *
   * @param index below {@link #MAX_OUTPUTS}
   * @return empty if 122 bits don't hold it
   */
  Optional<EntryId> at(int index) {
    long low = (greatest.low() & LOW_MASK) + 1 + (offset | index);
    long high = ((greatest.high() >>> 16) << 12 | (greatest.high() & 0xfff)) + (low >>> LOW_BITS);
    if (high >>> 60 != 0) {
      return Optional.empty();
    }
    return Optional.of(new EntryId(
        (high >>> 12) << 16 | 0x7000 | (high & 0xfff), 0x8000000000000000L | (low & LOW_MASK)));
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java runtime has SHA-256", e);
    }
  }
}
