package io.tributary.core.hub;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.core.log.NewRecord;
import io.tributary.core.log.StoredRecord;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.StoreKey;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FrameTest {
  private static final StoreKey.Sealed STORE = new StoreKey.Sealed("t", "k");
  private static final int THIRD = Frame.TARGET_BYTES / 3;

  @Test
  void framesAreCutWhereTheyWouldGetTooLong() {
    List<Frame> frames = Frame.of(
        STORE, List.of(record(1, THIRD), record(2, THIRD), record(3, THIRD), record(4, 10)));
    assertThat(frames).extracting(Frame::first).containsExactly(1L, 3L);
    assertThat(frames).extracting(Frame::last).containsExactly(2L, 4L);
  }

  @Test
  void recordsThatShareASequenceStayTogether() {
    List<StoredRecord> records = new ArrayList<>();
    records.add(record(1, THIRD));
    for (int i = 0; i < 5; i++) {
      records.add(record(7, THIRD));
    }
    records.add(record(8, THIRD));
    List<Frame> frames = Frame.of(STORE, records);
    assertThat(frames).extracting(Frame::first).containsExactly(1L, 7L, 8L);
    assertThat(frames).extracting(Frame::last).containsExactly(1L, 7L, 8L);
    assertThat(frames.get(1).encode("k").entries()).isEqualTo(5);
    assertThat(frames.get(1).encodeFrom("k", 7, id -> false).entries()).isEqualTo(5);
    assertThat(frames.get(1).encodeFrom("k", 8, id -> false).entries()).isZero();
  }

  private static StoredRecord record(long sequence, int bytes) {
    return new StoredRecord(
        sequence,
        0,
        NewRecord.sealed(
            new EntryId(0x7000 | sequence << 16, 1L << 63), new byte[12], new byte[bytes]));
  }
}
