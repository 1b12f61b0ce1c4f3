package io.tributary.client.stores.audit;

import io.tributary.client.stores.Bed;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class FileJournaledAuditEventsTest extends JournaledAuditEventsTest {
  @TempDir
  Path dir;

  @Override
  Bed bed() {
    return Bed.file(dir);
  }
}
