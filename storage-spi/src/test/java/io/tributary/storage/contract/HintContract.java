package io.tributary.storage.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.tributary.core.model.StoreKey;
import io.tributary.storage.Hint;
import io.tributary.storage.Hint.Committed;
import io.tributary.storage.Hint.Removed;
import io.tributary.storage.HintChannel;
import io.tributary.storage.Storage;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What {@link HintChannel} promises, on one node and, where there can be another, between two. */
public abstract class HintContract extends ContractBase {
  @Test
  protected void publishingNeedsNobodyToListen() {
    storage().hints().publish(new Committed(newStore(), 1));
    storage().hints().publish(new Removed(newStore(), 1));
  }

  @Test
  protected void aSubscriptionCanBeEndedMoreThanOnce() {
    HintChannel.Subscription subscription = await(storage().hints().subscribe(new HeardHints()));
    storage().hints().publish(new Committed(newStore(), 1));
    await(subscription.cancel());
    await(subscription.cancel());
    storage().hints().publish(new Committed(newStore(), 2));
  }

  @Test
  protected void everyCallCompletesOnTheContextItWasMadeOn() {
    assertCompletesOnTheCallersContext(() ->
        storage().hints().subscribe(new HeardHints()).compose(HintChannel.Subscription::cancel));
  }

  @Test
  protected void aClosedStorageTellsNobodyAnything() {
    HeardHints heard = new HeardHints();
    HintChannel.Subscription subscription = await(storage().hints().subscribe(heard));
    HintChannel hints = close().hints();
    hints.publish(new Committed(newStore(), 1));
    await(subscription.cancel());
    assertRefusedAsClosed(() -> hints.subscribe(new HeardHints()));
    assertThat(heard.all()).isEmpty();
  }

  @Test
  protected void allWhoListenOnOtherNodesAreToldAndNobodyOnTheSame() {
    Storage other = openAnother();
    try {
      HeardHints here = new HeardHints();
      await(storage().hints().subscribe(here));
      List<HeardHints> there = List.of(new HeardHints(), new HeardHints());
      there.forEach(each -> await(other.hints().subscribe(each)));
      Set<Hint> hints = new HashSet<>();
      for (int i = 1; i <= 50; i++) {
        StoreKey store = newStore();
        hints.add(new Committed(store, i));
        hints.add(new Removed(store, i + 1));
      }
      hints.forEach(storage().hints()::publish);
      for (HeardHints each : there) {
        each.await(hints);
        assertThat(each.timesMissed()).isZero();
      }
      // What the other says comes later than an echo would have.
      Hint answer = new Removed(newStore(), 1);
      other.hints().publish(answer);
      here.await(Set.of(answer));
      assertThat(here.all()).containsExactly(answer);
    } finally {
      await(other.close());
    }
  }

  @Test
  protected void whoHasCancelledIsNotTold() {
    Storage other = openAnother();
    try {
      HeardHints cancelled = new HeardHints();
      await(await(other.hints().subscribe(cancelled)).cancel());
      HeardHints listening = new HeardHints();
      await(other.hints().subscribe(listening));
      Hint hint = new Committed(newStore(), 1);
      storage().hints().publish(hint);
      listening.await(Set.of(hint));
      assertThat(cancelled.all()).isEmpty();
    } finally {
      await(other.close());
    }
  }

  @Test
  protected void closingSendsWhatWasPublishedBefore() {
    HeardHints heard = new HeardHints();
    Storage other = openAnother();
    await(storage().hints().subscribe(heard));
    Hint first = new Removed(newStore(), 1);
    Hint second = new Committed(newStore(), 2);
    other.hints().publish(first);
    other.hints().publish(second);
    await(other.close());
    heard.await(Set.of(first, second));
    // As from a process that does one thing and ends.
    Storage brief = openAnother();
    Hint third = new Removed(newStore(), 3);
    brief.hints().publish(third);
    await(brief.close());
    heard.await(Set.of(third));
    assertThat(heard.timesMissed()).isZero();
  }

  private Storage openAnother() {
    assumeFalse(fixtureInUse().singleNode(), "only one node can use it");
    return openBeside();
  }
}
