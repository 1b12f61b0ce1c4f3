package io.tributary.client.stores.index;

import io.tributary.client.stores.Bed;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class FileSessionIndexTest extends SessionIndexContract {
  @TempDir
  Path dir;

  @Override
  Bed bed() {
    return Bed.file(dir);
  }

  @Override
  int steps() {
    return 100;
  }
}
