/**
 * Returns a workflow for GitHub: it checks that the committed SDK is up to date, and reports breaking changes of a
 * pull request.
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
          # The comparison needs the base of a pull request.
          fetch-depth: 0
      - uses: actions/setup-node@v4
        with:
          node-version: 22
          cache: npm
      - run: npm ci
      - name: The document follows the rules
        run: npx alternats-gen lint
      - name: The committed SDK is up to date
        run: npx alternats-gen --check
      - name: Breaking changes
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
