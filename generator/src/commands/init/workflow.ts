/**
 * A workflow for GitHub: what was committed is what the document says, and a pull request tells what it
 * changes, and for whom.
 *
 * @param document The document's path in the repository, with slashes.
 */
export function workflow(document: string): string {
  return `name: SDK
on:
  pull_request:
  push:
    branches: [main]

jobs:
  sdk:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
        with:
          # The base of a pull request has to be there to compare with.
          fetch-depth: 0
      - uses: actions/setup-node@v4
        with:
          node-version: 22
          cache: npm
      - run: npm ci
      - name: The document follows the rules
        run: npx alternats-gen lint
      - name: The committed SDK is the document's
        run: npx alternats-gen --check
      - name: What changes, and whom it breaks
        if: github.event_name == 'pull_request'
        env:
          BASE: \${{ github.event.pull_request.base.sha }}
          DOCUMENT: ${JSON.stringify(document)}
        run: |
          if git cat-file -e "$BASE:$DOCUMENT"; then
            npx alternats-gen diff "$BASE:$DOCUMENT" "$DOCUMENT" --markdown | tee -a "$GITHUB_STEP_SUMMARY"
            exit "\${PIPESTATUS[0]}"
          fi
        shell: bash {0}
`;
}
