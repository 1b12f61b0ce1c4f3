package io.tributary.core.hub;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.core.log.NewRecord;
import io.tributary.core.log.Page;
import io.tributary.core.log.StoredRecord;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.StoreKey;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class FeedTest {
  private static final StoreKey.Sealed STORE = new StoreKey.Sealed("t", "k");
  private final Feed feed = new Feed(STORE);

  @Test
  void followsContiguousCommits() {
    feed.onHead(4);
    assertThat(feed.onCommit(commit(4, 6))).isTrue();
    assertThat(feed.head()).isEqualTo(6);
    assertThat(feed.frameAt(5)).isNotNull();
    assertThat(feed.frameAt(6)).isSameAs(feed.frameAt(5));
    assertThat(feed.frameAt(4)).as("older than the tail").isNull();
    assertThat(feed.frameAt(7)).as("not there yet").isNull();
  }

  @Test
  void aGapIsReadFromTheStorageBeforeTheHeadMovesOn() {
    feed.onHead(4);
    assertThat(feed.onCommit(commit(6, 7))).isFalse();
    assertThat(feed.head()).isEqualTo(4);
    assertThat(feed.wantsRead()).isEqualTo(OptionalLong.of(5));
    assertThat(feed.wantsRead()).as("one read at a time").isEmpty();
    assertThat(feed.onCommit(commit(7, 8))).as("while reading").isFalse();
    assertThat(feed.onPage(new Page(records(5, 6), 7, 8))).isTrue();
    assertThat(feed.head()).isEqualTo(6);
    assertThat(feed.wantsRead()).isEqualTo(OptionalLong.of(7));
    assertThat(feed.onPage(new Page(records(7, 8), 9, 8))).isTrue();
    assertThat(feed.wantsRead()).isEmpty();
    assertThat(feed.onCommit(commit(8, 9))).isTrue();
  }

  @Test
  void whatWasCommittedBeforeTheHeadWasKnownIsNotLost() {
    assertThat(feed.onCommit(commit(4, 6))).isFalse();
    assertThat(feed.wantsRead()).isEmpty();
    feed.onHead(5);
    assertThat(feed.wantsRead()).isEqualTo(OptionalLong.of(6));
  }

  @Test
  void aFailedReadIsWantedAgain() {
    feed.onHead(1);
    feed.onHead(3);
    assertThat(feed.wantsRead()).isEqualTo(OptionalLong.of(2));
    feed.onReadFailed();
    assertThat(feed.wantsRead()).isEqualTo(OptionalLong.of(2));
  }

  @Test
  void removedRecordsAreNoGap() {
    feed.onHead(0);
    feed.onHead(5);
    assertThat(feed.wantsRead()).isPresent();
    assertThat(feed.onPage(new Page(List.of(record(1), record(4)), 6, 5))).isTrue();
    assertThat(feed.head()).isEqualTo(5);
    assertThat(feed.onCommit(commit(5, 6))).isTrue();
    assertThat(feed.frameAt(2)).isSameAs(feed.frameAt(4));
    assertThat(feed.frameAt(5)).isSameAs(feed.frameAt(6));
  }

  @Test
  void whatWasRemovedIsNotInTheTailAnyMore() {
    feed.onHead(0);
    assertThat(feed.onCommit(commit(0, 2))).isTrue();
    assertThat(feed.onCommit(commit(2, 4))).isTrue();
    feed.onRemoved(1);
    assertThat(feed.frameAt(1)).isNull();
    assertThat(feed.frameAt(2)).as("of the same frame").isNull();
    assertThat(feed.frameAt(3)).as("not removed").isNotNull();
    feed.onRemoved(4);
    assertThat(feed.frameAt(3)).isNull();
    assertThat(feed.bytes()).isZero();
    assertThat(feed.onCommit(commit(4, 5))).isTrue();
    assertThat(feed.frameAt(5)).isNotNull();
  }

  @Test
  void whatWasRemovedBeforeTheFeedHeardOfItDoesNotComeIntoTheTail() {
    feed.onHead(0);
    assertThat(feed.onCommit(commit(0, 1))).isTrue();
    feed.onRemoved(3);
    assertThat(feed.onCommit(commit(1, 3))).as("the head moves").isTrue();
    assertThat(feed.head()).isEqualTo(3);
    assertThat(feed.frameAt(2)).isNull();
    assertThat(feed.onCommit(commit(3, 4))).isTrue();
    assertThat(feed.frameAt(4)).isNotNull();
    assertThat(feed.frameAt(3)).as("below the tail").isNull();
  }

  @Test
  void aPageThatWasReadBeforeARemovalIsNotKept() {
    feed.onHead(0);
    feed.onHead(2);
    assertThat(feed.wantsRead()).isPresent();
    feed.onRemoved(1);
    assertThat(feed.onPage(new Page(records(1, 2), 3, 2))).isTrue();
    assertThat(feed.head()).isEqualTo(2);
    assertThat(feed.frameAt(1)).isNull();
    assertThat(feed.frameAt(2)).isNull();
  }

  @Test
  void aFeedThatDoesNotKnowWhatWasRemovedKeepsNothing() {
    feed.onHead(0);
    assertThat(feed.onCommit(commit(0, 2))).isTrue();
    long bytes = feed.bytes();
    assertThat(feed.distrust()).isEqualTo(bytes);
    assertThat(feed.bytes()).isZero();
    assertThat(feed.frameAt(1)).isNull();
    assertThat(feed.onCommit(commit(2, 4))).as("the head moves").isTrue();
    feed.onHead(5);
    assertThat(feed.wantsRead()).isEqualTo(OptionalLong.of(5));
    feed.trust(6);
    // Both may have been removed while they were on their way here.
    assertThat(feed.onPage(new Page(records(5, 5), 6, 5))).isTrue();
    assertThat(feed.onCommit(commit(5, 6))).isTrue();
    assertThat(feed.head()).isEqualTo(6);
    assertThat(feed.bytes()).isZero();
    assertThat(feed.frameAt(5)).isNull();
    assertThat(feed.onCommit(commit(6, 7))).isTrue();
    assertThat(feed.frameAt(7)).isNotNull();
    assertThat(feed.frameAt(6)).isNull();
    feed.trust(7);
    assertThat(feed.frameAt(7)).as("trusted already").isNotNull();
  }

  @Test
  void anOldCommitIsIgnored() {
    feed.onHead(5);
    assertThat(feed.onCommit(commit(3, 4))).isFalse();
    assertThat(feed.wantsRead()).isEmpty();
  }

  @Test
  void evictionKeepsToItsBoundAndNeverHidesAGap() {
    feed.onHead(0);
    for (int i = 0; i < 50; i++) {
      assertThat(feed.onCommit(commit(i, i + 1))).isTrue();
    }
    long all = feed.bytes();
    assertThat(feed.evict(all / 2)).isPositive();
    assertThat(feed.bytes()).isLessThanOrEqualTo(all / 2);
    for (long sequence = 1; sequence <= 50; sequence++) {
      Frame frame = feed.frameAt(sequence);
      if (frame != null) {
        assertThat(frame.first()).isLessThanOrEqualTo(sequence);
        assertThat(frame.last()).isGreaterThanOrEqualTo(sequence);
      }
    }
    assertThat(feed.frameAt(1)).isNull();
    assertThat(feed.frameAt(50)).isNotNull();
    assertThat(feed.evict(0)).isPositive();
    assertThat(feed.bytes()).isZero();
    assertThat(feed.frameAt(50)).isNull();
    assertThat(feed.onCommit(commit(50, 51))).isTrue();
    assertThat(feed.frameAt(51)).isNotNull();
    assertThat(feed.frameAt(50)).isNull();
  }

  private static Commit commit(long previousHead, long head) {
    return new Commit(STORE, previousHead, head, records(previousHead + 1, head));
  }

  private static List<StoredRecord> records(long first, long last) {
    return LongStream.rangeClosed(first, last).mapToObj(FeedTest::record).toList();
  }

  private static StoredRecord record(long sequence) {
    return new StoredRecord(
        sequence,
        0,
        NewRecord.sealed(
            new EntryId(0x7000 | sequence << 16, 1L << 63), new byte[12], new byte[100]));
  }
}
