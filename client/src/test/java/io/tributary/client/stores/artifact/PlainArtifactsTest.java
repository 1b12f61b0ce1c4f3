package io.tributary.client.stores.artifact;

import io.tributary.client.stores.StoreBench;
import io.tributary.client.stores.StoresOptions;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.io.TempDir;

class PlainArtifactsTest {
  abstract static class Contract extends ArtifactContract {
    @Override
    ArtifactStore open(StoresOptions.Artifacts options) {
      return ArtifactStore.plain(bench.place("plain:artifacts"), options, Optional.empty());
    }
  }

  @Nested
  class InMemory extends Contract {
    @BeforeEach
    void begin() {
      bench = StoreBench.memory();
    }
  }

  @Nested
  class InFile extends Contract {
    @BeforeEach
    void begin(@TempDir Path dir) {
      bench = StoreBench.file(dir);
    }
  }
}
