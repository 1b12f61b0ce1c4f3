package io.tributary.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.client.audit.AuditEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class AuditRelayTest {
  private final List<AuditEvent> heard = new ArrayList<>();
  private final List<AuditEvent> logged = new ArrayList<>();

  private static AuditEvent compaction(long number) {
    return new AuditEvent.SyncCompaction(null, number, 0, List.of(), 0);
  }

  private static AuditEvent status(String state, @Nullable String error, long at) {
    return new AuditEvent.SyncStatus(null, "ws://hub", state, error, at);
  }

  @Test
  void whatIsNotedBeforeTheLogIsOpenIsInItFirst() {
    AuditRelay relay = new AuditRelay(heard::add, true);
    relay.note(compaction(1));
    relay.note(compaction(2));
    assertThat(heard).hasSize(2);
    assertThat(logged).isEmpty();

    relay.open(logged::add);
    relay.note(compaction(3));
    assertThat(logged).containsExactly(compaction(1), compaction(2), compaction(3));

    relay.end();
    relay.note(compaction(4));
    assertThat(logged).hasSize(3);
    assertThat(heard).hasSize(4);
  }

  @Test
  void withoutALogNothingWaits() {
    AuditRelay relay = new AuditRelay(heard::add, false);
    relay.note(compaction(1));
    relay.open(logged::add);
    assertThat(heard).hasSize(1);
    assertThat(logged).isEmpty();
  }

  @Test
  void aBoundedNumberWaits() {
    AuditRelay relay = new AuditRelay(heard::add, true);
    for (int i = 0; i < 3 * AuditRelay.MAX_WAITING; i++) {
      relay.note(compaction(i));
    }
    relay.open(logged::add);
    assertThat(heard).hasSize(3 * AuditRelay.MAX_WAITING);
    assertThat(logged).hasSizeBetween(AuditRelay.MAX_WAITING, AuditRelay.MAX_WAITING + 1);
    assertThat(logged.get(0)).isEqualTo(compaction(0));
  }

  @Test
  void aRemoteThatStaysAwayDoesNotFillTheLog() {
    AuditRelay relay = new AuditRelay(heard::add, true);
    relay.open(logged::add);
    for (int i = 0; i < 1_000; i++) {
      relay.note(status("connecting", i == 0 ? null : "refused", 2L * i));
      relay.note(status("backoff", "refused", 2L * i + 1));
    }
    relay.note(status("live", null, 5_000));
    relay.note(status("live", null, 5_001));
    relay.note(status("backoff", "refused", 6_000));
    relay.note(status("live", null, 7_000));

    assertThat(heard).hasSize(2_004);
    assertThat(logged)
        .extracting(event -> ((AuditEvent.SyncStatus) event).timestamp())
        .containsExactly(0L, 1L, 2L, 5_000L, 6_000L, 7_000L);
  }

  @Test
  void errorsThatAreNeverTheSameAreBoundedToo() {
    AuditRelay relay = new AuditRelay(heard::add, true);
    relay.open(logged::add);
    Stream.iterate(0, i -> i + 1)
        .limit(1_000)
        .forEach(i -> relay.note(status("backoff", "at " + i, i)));
    assertThat(logged).hasSizeLessThan(100);
  }
}
