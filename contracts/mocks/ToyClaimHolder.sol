// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IClaimHolder} from "../dispute/IClaimHolder.sol";

/// @title ToyClaimHolder
/// @notice Holds claims for tests of the dispute game alone, and remembers what the game told it.
contract ToyClaimHolder is IClaimHolder {
    address public game;

    mapping(uint256 claimId => Terms terms) private _terms;
    mapping(uint256 claimId => uint256 count) public open;
    mapping(uint256 claimId => address challenger) public rewarded;
    mapping(uint256 claimId => mapping(address challenger => uint256 gas)) public reimbursed;

    error ToyClaimHolder_Sender(address sender);
    error ToyClaimHolder_State(uint256 claimId);

    modifier onlyGame() {
        if (msg.sender != game) revert ToyClaimHolder_Sender(msg.sender);
        _;
    }

    function setGame(address game_) external {
        game = game_;
    }

    function setTerms(uint256 claimId, Terms calldata terms) external {
        _terms[claimId] = terms;
    }

    /// @inheritdoc IClaimHolder
    function termsOf(uint256 claimId) external view override returns (Terms memory) {
        return _terms[claimId];
    }

    /// @inheritdoc IClaimHolder
    function openDispute(uint256 claimId) external override onlyGame returns (Terms memory) {
        if (_terms[claimId].claimHash == 0 || rewarded[claimId] != address(0)) revert ToyClaimHolder_State(claimId);
        ++open[claimId];
        return _terms[claimId];
    }

    /// @inheritdoc IClaimHolder
    function closeDispute(uint256 claimId) external override onlyGame {
        --open[claimId];
    }

    /// @inheritdoc IClaimHolder
    function convict(uint256 claimId, address challenger) external override onlyGame {
        if (rewarded[claimId] != address(0)) revert ToyClaimHolder_State(claimId);
        rewarded[claimId] = challenger;
    }

    /// @inheritdoc IClaimHolder
    function reimburse(uint256 claimId, address challenger, uint256 gas) external override onlyGame {
        if (rewarded[claimId] == address(0)) revert ToyClaimHolder_State(claimId);
        reimbursed[claimId][challenger] += gas;
    }
}
