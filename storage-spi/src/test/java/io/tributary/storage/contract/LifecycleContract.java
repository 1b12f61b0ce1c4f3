package io.tributary.storage.contract;

import static org.assertj.core.api.Assertions.assertThat;

import io.tributary.core.model.DataSetId;
import io.tributary.storage.Health;
import io.tributary.storage.Storage;
import io.tributary.storage.contract.StorageFixture.Survives;
import org.junit.jupiter.api.Test;

/** What {@link Storage} itself promises. */
public abstract class LifecycleContract extends ContractBase {
  @Test
  protected void anOpenStorageIsUp() {
    assertThat(await(storage().check())).isEqualTo(Health.UP);
  }

  @Test
  protected void aDurableStorageSurvivesACrash() {
    assertThat(storage().durable()).isEqualTo(survives(Survives.CRASH));
  }

  @Test
  protected void theIdentityOfTheDataIsFixed() throws Exception {
    DataSetId id = storage().dataSetId();
    assertThat(storage().dataSetId()).isEqualTo(id);
    reopen();
    if (survives(Survives.CLOSE)) {
      assertThat(storage().dataSetId()).isEqualTo(id);
    } else {
      assertThat(storage().dataSetId()).as("other data").isNotEqualTo(id);
    }
    if (survives(Survives.CRASH)) {
      crash();
      assertThat(storage().dataSetId()).isEqualTo(id);
    }
  }

  @Test
  protected void closingTwiceIsClosingOnce() {
    DataSetId id = storage().dataSetId();
    Storage closed = close();
    await(closed.close());
    assertThat(closed.dataSetId()).isEqualTo(id);
    Health health = await(closed.check());
    assertThat(health.status()).isEqualTo(Health.Status.DOWN);
    assertThat(health.message()).isNotEmpty();
  }

  @Test
  protected void everyCallCompletesOnTheContextItWasMadeOn() {
    assertCompletesOnTheCallersContext(() -> storage().check());
    Storage closed = storage();
    close();
    assertCompletesOnTheCallersContext(closed::check);
    assertCompletesOnTheCallersContext(closed::close);
  }

  @Test
  protected void closingCompletesOnTheContextItWasMadeOn() {
    Storage storage = storage();
    assertCompletesOnTheCallersContext(storage::close);
    close();
  }
}
