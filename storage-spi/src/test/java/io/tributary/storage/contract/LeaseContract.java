package io.tributary.storage.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tributary.storage.FencedException;
import io.tributary.storage.Lease;
import io.tributary.storage.StorageException.Outcome;
import io.tributary.storage.contract.StorageFixture.Survives;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** What {@link io.tributary.storage.LeaseStore} promises. */
public abstract class LeaseContract extends ContractBase {
  /** Long against a pause of the machine, for storages whose clock cannot be moved. */
  private static final Duration TTL = Duration.ofSeconds(10);

  private static final Duration MOST = Duration.ofSeconds(6);

  @Test
  protected void aLeaseIsGrantedAsAskedFor() {
    String name = newName();
    Lease lease = grant(name);
    assertThat(lease.name()).isEqualTo(name);
    assertThat(lease.ttl()).isEqualTo(TTL);
    assertThat(lease.epoch()).isPositive();
  }

  @Test
  protected void aNameHasOneHolder() {
    String name = newName();
    Lease lease = grant(name);
    assertHeld(name);
    assertHeld(name);
    await(storage().leases().renew(lease));
  }

  @Test
  protected void namesAreIndependent() {
    String name = newName();
    for (String other : List.of(
        name,
        name + " ",
        name.toUpperCase(java.util.Locale.ROOT),
        name + "/x:%00",
        name.repeat(50))) {
      assertThat(grant(other).name()).isEqualTo(other);
    }
  }

  @Test
  protected void ofManyWhoAskAtOnceOneGetsIt() {
    for (int round = 0; round < (LONG ? 500 : 20); round++) {
      String name = newName();
      List<Future<Optional<Lease>>> calls = new ArrayList<>();
      for (Context context : contexts()) {
        calls.add(on(context, () -> storage().leases().acquire(name, TTL)));
        calls.add(on(context, () -> storage().leases().acquire(name, TTL)));
      }
      assertThat(calls.stream().map(ContractBase::await).filter(Optional::isPresent))
          .hasSize(1);
    }
  }

  @Test
  protected void aLeaseHoldsForItsTimeAndNoLonger() throws Exception {
    String name = newName();
    Lease first = grant(name);
    fixtureInUse().passTime(MOST);
    assertHeld(name);
    fixtureInUse().passTime(TTL.minus(MOST));
    assertFenced(first);
    Lease second = grant(name);
    assertThat(second.epoch()).isGreaterThan(first.epoch());
  }

  @Test
  protected void renewingExtendsALeaseFromNow() throws Exception {
    String name = newName();
    Lease lease = grant(name);
    for (int i = 0; i < 3; i++) {
      fixtureInUse().passTime(MOST);
      await(storage().leases().renew(lease));
    }
    fixtureInUse().passTime(MOST);
    assertHeld(name);
    fixtureInUse().passTime(MOST);
    assertFenced(lease);
  }

  @Test
  protected void aReleasedLeaseIsFreeAtOnce() {
    String name = newName();
    Lease first = grant(name);
    await(storage().leases().release(first));
    assertFenced(first);
    Lease second = grant(name);
    assertThat(second.epoch()).isGreaterThan(first.epoch());
  }

  @Test
  protected void anEndedLeaseTouchesNobodyElses() throws Exception {
    String name = newName();
    Lease first = grant(name);
    fixtureInUse().passTime(TTL);
    Lease second = grant(name);
    assertFenced(first);
    await(storage().leases().release(first));
    assertHeld(name);
    await(storage().leases().renew(second));
    await(storage().leases().release(second));
    await(storage().leases().release(second));
    assertThat(grant(name).epoch()).isGreaterThan(second.epoch());
  }

  @Test
  protected void epochsGrowWithEachGrant() throws Exception {
    String name = newName();
    long epoch = 0;
    for (int i = 0; i < 10; i++) {
      Lease lease = grant(name);
      assertThat(lease.epoch()).isGreaterThan(epoch);
      epoch = lease.epoch();
      if (i % 2 == 0) {
        await(storage().leases().release(lease));
      } else {
        fixtureInUse().passTime(TTL);
      }
    }
  }

  @Test
  protected void epochsGrowOverReopening() throws Exception {
    assumeSurvives(Survives.CLOSE);
    assertEpochsGrow(this::reopen);
  }

  @Test
  protected void epochsGrowOverACrash() throws Exception {
    assumeSurvives(Survives.CRASH);
    assertEpochsGrow(this::crash);
  }

  private interface End {
    void happen() throws Exception;
  }

  private void assertEpochsGrow(End end) throws Exception {
    String held = newName();
    String released = newName();
    Lease heldBefore = grant(held);
    Lease releasedBefore = grant(released);
    await(storage().leases().release(releasedBefore));
    for (int i = 0; i < 3; i++) {
      end.happen();
      if (!fixtureInUse().singleNode()) {
        fixtureInUse().passTime(TTL);
      }
      assertFenced(heldBefore);
      Lease heldAfter = grant(held);
      Lease releasedAfter = grant(released);
      assertThat(heldAfter.epoch()).isGreaterThan(heldBefore.epoch());
      assertThat(releasedAfter.epoch()).isGreaterThan(releasedBefore.epoch());
      assertFenced(heldBefore);
      await(storage().leases().release(releasedAfter));
      heldBefore = heldAfter;
      releasedBefore = releasedAfter;
    }
  }

  @Test
  protected void aLeaseHoldsForAtLeastAMillisecond() {
    for (Duration ttl : List.of(Duration.ZERO, Duration.ofNanos(999_999), Duration.ofMillis(-1))) {
      assertThatThrownBy(() -> await(storage().leases().acquire(newName(), ttl)))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThat(await(storage().leases().acquire(newName(), Duration.ofMillis(1))))
        .isPresent();
  }

  @Test
  protected void everyCallCompletesOnTheContextItWasMadeOn() {
    String name = newName();
    Lease lease = grant(name);
    Lease ended = grant(newName());
    await(storage().leases().release(ended));
    assertCompletesOnTheCallersContext(() -> storage().leases().acquire(newName(), TTL));
    assertCompletesOnTheCallersContext(() -> storage().leases().acquire(name, TTL));
    assertCompletesOnTheCallersContext(() -> storage().leases().renew(lease));
    assertCompletesOnTheCallersContext(() -> storage().leases().renew(ended));
    assertCompletesOnTheCallersContext(() -> storage().leases().release(lease));
  }

  @Test
  protected void callsOnAClosedStorageFail() {
    Lease lease = grant(newName());
    var leases = close().leases();
    assertRefusedAsClosed(() -> leases.acquire(newName(), TTL));
    assertRefusedAsClosed(() -> leases.renew(lease));
    assertRefusedAsClosed(() -> leases.release(lease));
  }

  private static String newName() {
    return "kit-" + UUID.randomUUID();
  }

  private Lease grant(String name) {
    return await(storage().leases().acquire(name, TTL)).orElseThrow();
  }

  private void assertHeld(String name) {
    assertThat(await(storage().leases().acquire(name, TTL)))
        .as("%s is held", name)
        .isEmpty();
  }

  private void assertFenced(Lease lease) {
    assertThatThrownBy(() -> await(storage().leases().renew(lease)))
        .isInstanceOfSatisfying(
            FencedException.class, e -> assertThat(e.outcome()).isEqualTo(Outcome.REJECTED));
  }
}
