package io.tributary.client.stores.audit;

import io.tributary.client.stores.Bed;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class FilePlainAuditEventsTest extends PlainAuditEventsTest {
  @TempDir
  Path dir;

  @Override
  Bed bed() {
    return Bed.file(dir);
  }
}
