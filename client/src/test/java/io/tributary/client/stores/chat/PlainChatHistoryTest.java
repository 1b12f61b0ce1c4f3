package io.tributary.client.stores.chat;

import io.tributary.client.stores.StoreBench;
import io.tributary.client.stores.StoresOptions;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.io.TempDir;

class PlainChatHistoryTest {
  abstract static class Contract extends ChatHistoryContract {
    @Override
    ChatHistoryStore open(StoresOptions.Chat options) {
      return ChatHistoryStore.plain(bench.place("plain:chat"), options, Optional.empty());
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
