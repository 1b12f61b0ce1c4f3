package io.tributary.storage.contract;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tributary.core.log.Append;
import io.tributary.core.log.NewRecord;
import io.tributary.core.log.Page;
import io.tributary.core.model.DataSetId;
import io.tributary.core.model.EntryId;
import io.tributary.core.model.StoreKey;
import io.tributary.storage.Health;
import io.tributary.storage.Removal;
import io.tributary.storage.Storage;
import io.tributary.storage.StorageException;
import io.tributary.storage.StorageException.Outcome;
import io.tributary.storage.contract.StorageFixture.Survives;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
  protected void reseededDataHasAnotherIdentity() throws Exception {
    DataSetId before = storage().dataSetId();
    DataSetId id = DataSetId.random();
    await(storage().reseed(id));
    assertThat(storage().dataSetId()).isEqualTo(id).isNotEqualTo(before);
    if (survives(Survives.CLOSE)) {
      reopen();
      assertThat(storage().dataSetId()).isEqualTo(id);
    }
    if (survives(Survives.CRASH)) {
      DataSetId next = DataSetId.random();
      await(storage().reseed(next));
      crash();
      assertThat(storage().dataSetId()).isEqualTo(next);
    }
    await(storage().reseed(before));
    assertThat(storage().dataSetId()).as("a move brings its identity").isEqualTo(before);
    assertThat(await(storage().check())).isEqualTo(Health.UP);
  }

  @Test
  protected void reclaimingLeavesWhatIsThere() {
    StoreKey store = newStore();
    List<NewRecord> records = new ArrayList<>();
    for (EntryId id : newIds(100)) {
      records.add(NewRecord.sealed(id, new byte[12], new byte[10_000]));
    }
    await(storage().log().append(List.of(new Append(store, 1, records))));
    List<Long> some = LongStream.rangeClosed(1, 90).boxed().toList();
    await(storage().log().remove(new Removal(store, some, 1, null)));
    Page before = await(storage().log().read(store, 1, 100, Long.MAX_VALUE));
    assertThat(before.records()).hasSize(10);
    await(storage().reclaim());
    assertThat(Shown.of(await(storage().log().read(store, 1, 100, Long.MAX_VALUE))))
        .isEqualTo(Shown.of(before));
    await(storage().reclaim());
  }

  @Test
  protected void aBackupIsMadeOrLeftToTheStoragesTools(@TempDir Path temporary) throws Exception {
    Path directory = temporary.resolve("backup");
    try {
      await(storage().backup(directory));
    } catch (StorageException e) {
      assertThat(e.outcome()).isEqualTo(Outcome.REJECTED);
      assertThat(e).message().isNotEmpty();
      return;
    }
    assertThat(directory).isNotEmptyDirectory();
    Path inUse = Files.createDirectory(temporary.resolve("in-use"));
    Files.createFile(inUse.resolve("file"));
    assertThatThrownBy(() -> await(storage().backup(inUse))).isInstanceOf(StorageException.class);
    assertThat(await(storage().check())).isEqualTo(Health.UP);
  }

  @Test
  protected void callsOnAClosedStorageFail(@TempDir Path temporary) {
    Storage closed = close();
    assertRefusedAsClosed(() -> closed.reseed(DataSetId.random()));
    assertRefusedAsClosed(closed::reclaim);
    assertRefusedAsClosed(() -> closed.backup(temporary.resolve("backup")));
  }

  @Test
  protected void everyCallCompletesOnTheContextItWasMadeOn(@TempDir Path temporary) {
    assertCompletesOnTheCallersContext(() -> storage().check());
    assertCompletesOnTheCallersContext(() -> storage().reseed(DataSetId.random()));
    assertCompletesOnTheCallersContext(() -> storage().reclaim());
    assertCompletesOnTheCallersContext(
        () -> storage().backup(temporary.resolve(UUID.randomUUID().toString())));
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
