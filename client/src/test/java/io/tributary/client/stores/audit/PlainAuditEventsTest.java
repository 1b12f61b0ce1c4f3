package io.tributary.client.stores.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.client.audit.AuditSink;
import io.tributary.client.stores.Bed;
import io.tributary.client.stores.FaultyKeyValues;
import io.tributary.client.stores.StoresOptions;
import io.tributary.client.stores.view.Place;
import io.tributary.client.stores.view.Space;
import io.tributary.core.model.EntryId;
import org.junit.jupiter.api.Test;

class PlainAuditEventsTest extends AuditEventStoreContract {
  @Override
  Bed bed() {
    return Bed.memory();
  }

  @Override
  AuditEventStore store(StoresOptions.Audit options) {
    return AuditEventStore.plain(
        new Place(bed.space("audit"), bed.clock(), AuditSink.NONE), options);
  }

  @Test
  void goesOnBehindTheLastEventWhenTheClockWentBack() {
    EntryId before = write(use(0));
    bed.setClock(Bed.NOW - 1_000_000);
    reopen(options(100));
    EntryId after = write(use(1));
    assertThat(after).isGreaterThan(before);
    assertThat(write(use(2))).isGreaterThan(after);
    assertThat(events(AuditQuery.FIRST)).containsExactly(use(0), use(1), use(2));
  }

  @Test
  void aMuchSmallerLimitNeedsNoLargeCommit() {
    for (int i = 0; i < 2_000; i++) {
      write(use(i));
    }
    closeStore();
    FaultyKeyValues keyValues = new FaultyKeyValues(bed.storage().keyValues());
    store = AuditEventStore.plain(
        new Place(Space.of(keyValues, "audit", bed.runner()), bed.clock(), AuditSink.NONE),
        options(10));
    write(use(0));
    assertThat(keyValues.largest).isBetween(1, 200);
    bed.await(store.cleanup());
    assertThat(events(AuditQuery.FIRST)).hasSize(10);
  }
}
