"""Many people at once: registering each would spend the test on hashing passwords."""

import hashlib
import uuid

from tests.world import Person, World

SECRET = "a" * 40


async def crowd(world: World, count: int) -> list[Person]:
    """So many users, copied in the database from one who registered."""
    pattern = await world.register()
    rows = world.sql(
        """
        WITH copies AS (
            INSERT INTO users (name, email, signature, password, dob, gender, country,
                               wealth_level_id, charm_level_id)
            SELECT 'Copy ' || n, n || '@' || %s::text, (random() * 1e15)::bigint::text || n,
                   password, dob, gender, country, wealth_level_id, charm_level_id
            FROM users, generate_series(1, %s::integer) AS n WHERE id = %s
            RETURNING id
        )
        INSERT INTO personal_access_tokens (tokenable_type, tokenable_id, name, token, abilities)
        SELECT 'App\\Models\\User', id, 'test', encode(sha256((%s::text || id)::bytea), 'hex'),
               '["*"]'
        FROM copies RETURNING tokenable_id, id, token
        """,
        f"{uuid.uuid4().hex[:12]}.example",
        count,
        pattern.id,
        SECRET,
    )
    assert rows[0][2] == hashlib.sha256(f"{SECRET}{rows[0][0]}".encode()).hexdigest()
    return [
        Person(user_id, f"{token_id}|{SECRET}{user_id}", {"id": user_id})
        for user_id, token_id, _ in rows
    ]
