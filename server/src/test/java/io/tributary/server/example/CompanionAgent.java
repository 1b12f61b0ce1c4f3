package io.tributary.server.example;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import io.tributary.client.Replica;
import io.tributary.client.ReplicaOptions;
import io.tributary.client.Stores;
import io.tributary.client.Tributary;
import io.tributary.client.stores.StoresOptions;
import io.tributary.client.stores.artifact.Artifact;
import io.tributary.client.stores.artifact.ArtifactStore;
import io.tributary.client.stores.chat.ChatEvent;
import io.tributary.client.stores.chat.ChatHistoryStore;
import io.tributary.client.stores.chat.ChatQuery;
import io.tributary.client.sync.RemoteOptions;
import io.tributary.client.sync.Selection;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** An agent that takes its turn in a conversation which it shares with other agents. */
public final class CompanionAgent extends VerticleBase {
  private static final String SESSION = "trip";

  private final String name;
  private final Set<Long> answered = new HashSet<>();
  private Replica replica;
  private Stores stores;

  public CompanionAgent(String name) {
    this.name = name;
  }

  @Override
  public Future<Replica> start() {
    ReplicaOptions options = ReplicaOptions.builder()
        .directory(Path.of(config().getString("dir")))
        .identityFile(Path.of(config().getString("identity")))
        .stores(StoresOptions.DEFAULTS)
        .remote(RemoteOptions.builder(config().getString("hub"))
            .tenant("demo")
            .sync(new Selection(true, true, true))
            .build())
        .build();
    return Tributary.replica(vertx, options).onSuccess(opened -> {
      replica = opened;
      stores = opened.stores().orElseThrow();
      chat().subscribe(SESSION, () -> context.runOnContext(changed -> takeTurn()));
      takeTurn();
    });
  }

  @Override
  public Future<Void> stop() {
    return replica.close();
  }

  private ChatHistoryStore chat() {
    return stores.chat().orElseThrow();
  }

  /** What the agents put aside for each other. */
  ArtifactStore artifacts() {
    return stores.artifacts().orElseThrow();
  }

  /** Says something to an agent, online or not. */
  @CanIgnoreReturnValue
  Future<ChatEvent> say(String to, String text) {
    return chat()
        .appendMessage(SESSION, new JsonObject().put("from", name).put("to", to).put("text", text));
  }

  /** All that was said so far, in the same order everywhere. */
  Future<List<String>> conversation() {
    return chat()
        .list(SESSION, ChatQuery.FIRST)
        .map(events -> events.stream()
            .map(event ->
                event.message().getString("from") + ": " + event.message().getString("text"))
            .toList());
  }

  private void takeTurn() {
    chat()
        .list(SESSION, ChatQuery.LAST.limit(1))
        .onSuccess(last -> last.stream()
            .filter(event -> name.equals(event.message().getString("to")))
            .filter(event -> answered.add(event.sequence()))
            .forEach(this::answer));
  }

  private void answer(ChatEvent event) {
    String asker = event.message().getString("from");
    switch (name) {
      case "scout" ->
        artifacts()
            .put(Artifact.text(SESSION, "trains", Artifact.Kind.TOOL_RESULT, "07:02, 09:32")
                .toolName("timetable")
                .createdAt(event.timestamp()))
            .compose(put -> say(asker, "There are trains at 07:02 and 09:32."));
      case "planner" -> {
        if (asker.equals("scout")) {
          say("user", "Take the one at 09:32.");
        } else {
          say("scout", "Which trains are there?");
        }
      }
      default -> say(asker, "I can't help with that.");
    }
  }
}
